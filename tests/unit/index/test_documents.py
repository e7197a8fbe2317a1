from siss.index.documents import ancestors, extension, label_file, trim_path
from siss.model.content import Level
from siss.model.ids import FileId, Generation
from siss.model.ingest import FileDocument


def test_ancestors() -> None:
    assert ancestors("/logs/app/a.log") == ("/logs/app", "/logs", "/")
    assert ancestors("/a") == ("/",)
    assert ancestors("/") == ()
    assert ancestors("C:/x/y") == ("C:/x", "C:")


def test_extensions() -> None:
    found = [extension(name) for name in ("a.LOG", "a.tar.gz", "Makefile", ".bashrc", "a.", "x.Ä")]
    assert found == ["log", "gz", "", "", "", "a"]


def test_paths_end_without_a_slash() -> None:
    assert [trim_path(path) for path in ("/a/", "/a//", "/", "a")] == ["/a", "/a", "/", "a"]


def test_labels() -> None:
    labels = label_file(
        FileDocument(
            FileId(1), Generation(2), None, None, "/data/Größe/getUser.Log", "getUser.Log", ("Prod",), "Text/Plain",
            "log", 5, 6, 7, Level.ERROR.bit | Level.INFO.bit, ("in/side.txt",), "a description",
        )
    )  # fmt: skip
    assert labels.parent == "/data/Größe"
    assert labels.folders == ("/data/Größe", "/data", "/")
    assert (labels.name_key, labels.ext, labels.mime) == ("getuser.log", "log", "text/plain")
    assert labels.levels == ("info", "error")
    assert labels.tag_keys == ("prod",)
    assert labels.about == ("/data/Grosse", "Prod", "in/side.txt", "a description")
    assert {"get", "user", "in/side.txt", "data/grosse", "getuser.log"} <= set(labels.labels.split())
