"""Runs of records that are read by their markup: the same columns as when every element is heard, for less."""

from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_ben.errors import PlateError
from napari_ben.readers import _xml, _xml_records, _xml_runs
from napari_ben.readers._xml_records import Record, read_records

RECORDS = [
    Record("data", ("@v", "who")),
    Record("entry", ("@i", "size"), within="entries"),
    Record("r", ("@k", "a", "b", "c@x", "c@y", "size"), within="rows", once=("size",)),
    Record("leaf", ("@k", "."), within="rows"),
]
HEAD = '<?xml version="1.0"?>\n<data v="1"><who>me</who><entries><entry i="1"><size>5</size></entry></entries><rows>'
TAIL = "".join(f"<leaf k='{number}'>{number}.tif</leaf>" for number in range(30)) + "</rows></data>"


def row(number: int, more: str = "") -> str:
    return f'<r k="{number}"> <a>{number}é</a><c x=\'{2 * number}\' y="q>"/>\n<b>t {number}</b>{more}</r>\n'


def document(*more: str) -> str:
    """Forty rows, with one more thing in or behind every seventh."""
    return HEAD + "".join(row(number, *more) if number % 7 == 3 else row(number) for number in range(40)) + TAIL


def read(path, monkeypatch, *, heard: bool = False):
    with monkeypatch.context() as patch:
        patch.setattr(_xml_runs, "WORTH", 1e-6)
        if heard:  # element by element
            patch.setattr(_xml_records, "outside_runs", lambda file, names, rows: _xml.read_in_chunks(file))
        try:
            return read_records(path, RECORDS)
        except PlateError as error:
            return str(error)


def write(tmp_path, text: str | bytes):
    path = tmp_path / "Index.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


ODD = {
    "plain": document(),
    "an element more": document("<size>9</size>"),
    "a column twice": document("<a>again</a>"),
    "an empty element": document("<b/>"),
    "an element within a text": document("<b>1<i>2</i></b>"),
    "a text of the record's own": document().replace("> <a>", ">own<a>"),
    "an element within a record's text": document().replace("9.tif", "9<a>1</a>.tif"),
    "a reference": document("<b>&amp;&#65;</b>"),
    "a mark that closes a section": document("<b>]]&gt;</b>").replace("&gt;", ">"),
    "a comment": document("<!-- <r k='9'><a>no</a></r> -->"),
    "a comment with an end": document("<!-- </r> -->"),
    "a section": document("<b><![CDATA[<r>]]></b>"),
    "a section of records": document("</r><![CDATA[" + row(99) + "]]><r>"),
    "an instruction": document("<?x " + row(99) + "?>"),
    "a record within": document(row(99)),
    "an empty record": document("</r><r/><r k='7'>"),
    "another namespace": document("</r><x xmlns='other'>" + row(99) + "</x><r>"),
    "a section of other records": document("</r></rows><wells>" + row(99) + "</wells><rows><r>"),
    "a control": document("<b>\x01</b>"),
    "no character": document("<b>\uffff</b>"),
    "an end too many": document("</b>"),
    "lines of two marks": document().replace("\n", "\r\n").replace("t 5", "t\r\n5"),
    "a document type": document().replace("<data", "<!DOCTYPE data><data"),
    "prefixes": document().replace("</", "</p:").replace("<data", '<p:data xmlns:p="u"').replace("<r ", "<p:r "),
    "cut short": document()[:-40],
    "cut between records": document()[: -len(TAIL)],
}


@pytest.mark.parametrize("chunk", [60, 1 << 20])
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_records_are_the_same_as_when_all_is_heard(text, chunk, tmp_path, monkeypatch):
    path = write(tmp_path, text)
    monkeypatch.setattr(_xml, "CHUNK", chunk)
    monkeypatch.setattr(_xml_runs, "CHUNK", chunk)
    assert read(path, monkeypatch) == read(path, monkeypatch, heard=True)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "iso-8859-1", "us-ascii", "utf-16", "windows-1252"])
def test_records_are_the_same_in_every_encoding(encoding, tmp_path, monkeypatch):
    text = document().replace('"1.0"', f'"1.0" encoding="{encoding.removesuffix("-sig")}"')
    path = write(tmp_path, text.replace("é", "" if encoding == "us-ascii" else "é").encode(encoding))
    tables, damage = read(path, monkeypatch)
    assert damage == ""
    assert (tables, damage) == read(path, monkeypatch, heard=True)
    assert tables["r"]["a"][39] == ("39" if encoding == "us-ascii" else "39é")


PIECES = [*("</r>", "<r>", "<r k='1'/>", "<!--", "-->", "<![CDATA[", "]]>", "<?x ", "?>", "&amp;", "&", "\x00", "\r")]
PIECES += ["é", "<x>", "</x>", " xmlns='o'", "<size>1</size>", "</rows>", "<rows>", '"', "'", ">", "<", row(77)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(st.floats(0, 1), st.sampled_from(PIECES), st.integers(0, 30)), min_size=1, max_size=3),
    at_tags=st.booleans(),
)
def test_whatever_a_document_holds_its_records_are_the_same(changes, at_tags, tmp_path, monkeypatch):
    text = document()
    for place, piece, cut in changes:
        at = int(place * len(text))
        at = text.find("<", at) if at_tags else at
        text = text[:at] + piece + text[at + cut :]
    path = write(tmp_path, text)
    assert read(path, monkeypatch) == read(path, monkeypatch, heard=True)


class Counted(_xml_records._Filler):
    """Counts what is heard of records."""

    heard = 0

    def begins(self):
        begins = super().begins()
        return {**begins, "r": partial(self._count, begins["r"])}

    def _count(self, begin, attributes) -> None:
        self.heard += 1
        begin(attributes)


# what is in every hundredth record → records that are heard
HEARD = {"": 10, "<size>9</size>": 10, "<b>&amp;</b>": 410}


@pytest.mark.parametrize(("more", "most"), HEARD.items())
def test_of_many_records_a_few_are_heard(more, most, tmp_path, monkeypatch):
    fillers = []

    def counted(records):
        fillers.append(Counted(records))
        return fillers[-1]

    monkeypatch.setattr(_xml_records, "_Filler", counted)
    rows = "".join(row(number, more if number % 100 == 50 else "") for number in range(40_000))
    tables, damage = read_records(write(tmp_path, HEAD + rows + TAIL), RECORDS)
    assert (damage, len(tables["r"]["a"]), len(fillers)) == ("", 40_000, 1)
    assert tables["r"]["@k"] == list(map(str, range(40_000)))
    assert fillers[0].heard <= most


def test_kinds_that_are_many_are_heard_and_cost_no_pattern_each(tmp_path, monkeypatch):
    learned, markup = [], _xml_runs._markup

    def counted(record, wanted):
        learned.append(record)
        return markup(record, wanted)

    monkeypatch.setattr(_xml_runs, "_markup", counted)
    monkeypatch.setattr(_xml_runs, "WORTH", 1e-6)
    rows = "".join(row(number, f"<d{number}/>") for number in range(500))
    assert len(read_records(write(tmp_path, HEAD + rows + TAIL), RECORDS)[0]["r"]["a"]) == 500
    assert len(learned) <= 3 * _xml_runs.KINDS
