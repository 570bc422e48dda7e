"""XML without trust: what is dangerous is refused, what is damaged tells what it still holds."""

import time
from pathlib import Path

import pytest

from napari_ben.errors import PlateError
from napari_ben.readers import _xml
from napari_ben.readers._xml import CHUNK, DEEPEST, LONGEST, Root, read_root, read_xml
from napari_ben.readers._xml_records import Record, read_records

BOMB = """<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<Images>&c;</Images>"""
OUTSIDE = '<!DOCTYPE foo [<!ENTITY passwords SYSTEM "file:///etc/passwd">]><Images>&passwords;</Images>'
PARAMETER = '<!DOCTYPE foo [<!ENTITY % more SYSTEM "http://127.0.0.1:1/x.dtd"> %more;]><Images/>'
ONLY_TYPE = '<!DOCTYPE Images SYSTEM "http://127.0.0.1:1/images.dtd"><Images/>'


@pytest.fixture
def write(tmp_path):
    def write(content: str | bytes, encoding: str = "utf-8") -> Path:
        path = tmp_path / "Index.xml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


@pytest.mark.parametrize("content", [BOMB, OUTSIDE, PARAMETER, ONLY_TYPE], ids=["bomb", "file", "parameter", "type"])
def test_document_types_are_refused_at_once(content, write):
    path = write(content)
    start = time.perf_counter()
    for read in (lambda: read_root(path), lambda: read_xml(path, {}, {})):
        with pytest.raises(PlateError, match=r"'Index.xml' is refused: it declares a document type"):
            read()
    assert time.perf_counter() - start < 0.1


@pytest.mark.parametrize("encoding", ["ut", "hex", "shift_jis", "idna"])
def test_an_encoding_that_is_not_known_is_refused(encoding, write):
    path = write(f"<?xml version='1.0' encoding='{encoding}'?><Images/>")
    for read in (lambda: read_root(path), lambda: read_xml(path, {}, {})):
        with pytest.raises(PlateError, match=f"declares an encoding that is not known \\('{encoding}'\\)"):
            read()


DEEP = {
    "plain": "<a>",
    "comments": "<a><!--</a></a>-->",
    "sections": "<a><![CDATA[</a></a>]]>",
    "instructions": "<a><?x </a></a>?>",
    "texts": "<a>/>/>",
    "attributes": "<a b='/>/>'>",
    "balanced once": "<a></a><a>/></a><a>",
}


@pytest.mark.parametrize("chunk", [997, 1 << 12])
@pytest.mark.parametrize("level", DEEP.values(), ids=DEEP)
def test_what_lies_too_deep_is_refused_however_it_is_disguised(level, chunk, write, monkeypatch):
    monkeypatch.setattr(_xml, "CHUNK", chunk)
    with pytest.raises(PlateError, match=rf"lie more than {DEEPEST} deep in each other"):
        read_xml(write("<r>" + level * 20_000), {}, {})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_depth_is_seen_in_every_encoding(encoding, write):
    head = '<?xml version="1.0" encoding="UTF-16"?>' if encoding == "utf-16-le" else ""
    path = write(("\ufeff" if encoding == "utf-16-le" else "") + head + "<a>\u2f3c\u3e2f" * (CHUNK // 4), encoding)
    with pytest.raises(PlateError, match=rf"lie more than {DEEPEST} deep in each other"):
        read_xml(path, {}, {})


FLAT = {
    "pairs": "<b>1</b>",
    "empty": "<b/>",
    "comments": "<b>1</b><!-- <c> -->",
    "sections": "<b><![CDATA[<c>]]></b>",
    "mixed": "<b><c/>a &gt; b /> <d e='/>'></d></b>",
}


@pytest.mark.parametrize("element", FLAT.values(), ids=FLAT)
def test_what_is_flat_is_read_however_long_it_is(element, write, monkeypatch):
    monkeypatch.setattr(_xml, "CHUNK", 997)
    begun: list[object] = []
    assert read_xml(write(f"<a>{element * 5000}</a>"), {"b": begun.append}, {}) == ""
    assert len(begun) == 5000


def test_a_tag_or_text_that_would_fill_the_memory_is_refused(write):
    with pytest.raises(PlateError, match=rf"a tag or text of it is longer than {LONGEST:,} bytes"):
        read_xml(write(f'<a b="{"x" * (LONGEST + 2 * CHUNK)}"/>'), {}, {})
    with pytest.raises(PlateError, match="a tag or text of it is longer than"):
        read_xml(write(f"<a>{'x' * (LONGEST + 2 * CHUNK)}</a>"), {}, {"a": str})


@pytest.mark.parametrize("chunk", range(1, 12))
def test_a_text_is_heard_whole_wherever_the_file_is_cut_into_chunks(chunk, write, monkeypatch):
    monkeypatch.setattr(_xml, "CHUNK", chunk)
    texts: list[str] = []
    assert read_xml(write(f"<d>{'<a>12345</a> <a>6789é</a>' * 3}</d>"), {}, {"a": texts.append}) == ""
    assert texts == ["12345", "6789é"] * 3


def test_an_element_within_one_that_is_heard(write):
    path = write("<d><a>x<b/>\n</a><a>y<c>z</c>\n</a><a/><a>é&amp;<![CDATA[<1>]]></a></d>")
    heard, begun = [], []
    assert read_xml(path, {"b": begun.append}, {"a": heard.append}) == ""
    assert (heard, begun) == (["x", "yz", "", "é&<1>"], [{}])


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("", "utf-8"),
        ("", "utf-8-sig"),
        ('<?xml version="1.0" encoding="UTF-16"?>', "utf-16"),
        ('<?xml version="1.0" encoding="ISO-8859-1"?>', "latin-1"),
        ('<?xml version="1.0" encoding="windows-1252"?>', "cp1252"),
    ],
)
def test_encodings(head, encoding, write):
    texts: list[str] = []
    path = write(f"{head}<Images unit='µm'>384 Greiner µClear</Images>", encoding)
    assert read_xml(path, {}, {"Images": texts.append}) == ""
    assert texts == ["384 Greiner µClear"]
    assert read_root(path) == Root("Images", "", {"unit": "µm"})


def test_namespaces_are_told_and_foreign_elements_do_not_count(write):
    path = write(
        '<b:Data xmlns:b="http://yokogawa/1.0" b:Version="1.0" plain="2">'
        '<b:Record b:Column="8">mine</b:Record><Record>nobody</Record><x:Record xmlns:x="http://else">other</x:Record>'
        "</b:Data>"
    )
    assert read_root(path) == Root("Data", "http://yokogawa/1.0", {"Version": "1.0", "plain": "2"})
    begins, texts = [], []
    assert read_xml(path, {"Record": begins.append}, {"Record": texts.append}) == ""
    assert (begins, texts) == ([{"Column": "8"}], ["mine"])


def test_what_stands_before_a_damage_has_been_heard(write):
    texts: list[str] = []
    damage = read_xml(write("<a>\n<b>1</b>\n<b>2</b>\n<c>3"), {}, {"b": texts.append})
    assert damage == "'Index.xml' is damaged or cut short: line 4, no element found."
    assert texts == ["1", "2"]


@pytest.mark.parametrize("content", ["", "   ", "II*\0\x08\0\0\0", "plate,well\n1,A01"])
def test_no_xml_is_said_to_be_none(content, write):
    with pytest.raises(PlateError, match=r"'Index.xml' is no XML: "):
        read_root(write(content))


def test_an_absent_file_is_said_to_be_absent(tmp_path):
    for read in (lambda: read_root(tmp_path / "a.xml"), lambda: read_xml(tmp_path / "a.xml", {}, {})):
        with pytest.raises(PlateError, match=r"'a.xml' cannot be read: No such file"):
            read()


def test_the_root_is_found_without_reading_on(write, monkeypatch):
    path = write("<Images>" + "<Image/>" * CHUNK + "</Images>")
    assert read_root(path).name == "Images"


def test_records_are_columns_whatever_a_record_lacks(write):
    path = write(
        "<Data><Wells><Image><URL>not meant</URL></Image></Wells>"
        "<Maps><Entry ID='1'><Name> DNA </Name></Entry><Entry ID='2'/></Maps>"
        "<Images><Image><URL>a.tif</URL><Row number='3'/></Image>"
        "<Image><Row number='4' letter='D'/></Image>"
        "<Image><URL>b&amp;c.tif</URL><URL><![CDATA[d.tif]]></URL></Image></Images></Data>"
    )
    tables, damage = read_records(
        path,
        [
            Record("Entry", ("@ID", "Name"), within="Maps"),
            Record("Image", ("URL", "Row@number", "Row@letter"), within="Images"),
        ],
    )
    assert damage == ""
    assert tables["Entry"] == {"@ID": ["1", "2"], "Name": ["DNA", ""]}
    assert tables["Image"] == {
        "URL": ["a.tif", "", "d.tif"],
        "Row@number": ["3", "4", ""],
        "Row@letter": ["", "D", ""],
    }


def test_a_record_that_a_cut_goes_through_is_left_out(write):
    content = "<d><r><a>1</a><b>10</b></r><r><a>2</a><b>20</b></r><r><a>3</a><b>3"
    tables, damage = read_records(write(content), [Record("r", ("a", "b"))])
    assert tables["r"] == {"a": ["1", "2"], "b": ["10", "20"]}
    assert damage.startswith("'Index.xml' is damaged or cut short")


def test_a_text_that_all_records_repeat_is_read_once(write):
    path = write("<d><e><s>7</s></e><r><a>1</a></r><r><a>2</a><s>9</s></r><r><a>3</a><s>9</s></r></d>")
    tables, _ = read_records(path, [Record("e", ("s",)), Record("r", ("a", "s"), once=("s",))])
    assert (tables["e"], tables["r"]) == ({"s": ["7"]}, {"a": ["1", "2", "3"], "s": ["", "9", ""]})


def test_a_record_s_own_text(write):
    tables, _ = read_records(write("<d><r c='1'>a.tif</r><r c='2'>b.tif</r></d>"), [Record("r", ("@c", "."))])
    assert tables["r"] == {"@c": ["1", "2"], ".": ["a.tif", "b.tif"]}
