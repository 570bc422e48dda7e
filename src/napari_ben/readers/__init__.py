"""How a plate lies on disk: one small module a layout."""
