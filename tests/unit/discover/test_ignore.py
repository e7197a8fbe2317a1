from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth import assert_linear
from siss.discover.ignore import (
    DEFAULT_NAMES,
    DEFAULT_PREFIXES,
    DEFAULT_SUFFIXES,
    IGNORE_FILE,
    MAX_IGNORE_BYTES,
    IgnoreRules,
    Rule,
    default_rule,
    make_rules,
    may_be_special,
    read_rules,
)
from siss.discover.patterns import Pattern, compile_line
from siss.model.coverage import Gap, Reason


def rules_of(*lines: str, defaults: bool = False, fold: bool = False) -> IgnoreRules:
    return make_rules(defaults=defaults, fold=fold).below(b"", "\n".join(lines).encode())[0]


def is_ignored(rules: IgnoreRules, path: str) -> bool:
    folder, _, name = path.rstrip("/").rpartition("/")
    return rules.find(folder.encode(), name.encode(), path.endswith("/")) is not None


# What ``git check-ignore`` says of the same (git 2.39).
@pytest.mark.parametrize(
    ("line", "ignored", "kept"),
    [
        ("*.log", ["a.log", "x/y/a.log", "a.log/", ".log"], ["a.logs", "log"]),
        ("build/", ["build/", "x/build/"], ["build", "builds/"]),
        ("/top", ["top", "top/"], ["x/top"]),
        ("a/b", ["a/b"], ["x/a/b", "b"]),
        ("a/**/z", ["a/z", "a/b/z", "a/b/c/z"], ["x/a/z", "a/zz"]),
        ("**/z/y", ["z/y", "a/z/y"], ["zz/y"]),
        ("a/**", ["a/b", "a/b/c", "a/b/"], ["a", "a/"]),
        ("a?c", ["abc"], ["ac", "a/c"]),
        ("a**c", ["ac", "abbc"], ["a/c"]),
        ("[a-c]x", ["ax", "cx"], ["dx"]),
        ("[!a-c]x", ["dx"], ["ax", "x"]),
        ("[^a]x", ["bx"], ["ax"]),
        ("[]a]", ["]", "a"], ["b"]),
        ("[[:digit:]]x", ["0x"], ["ax", ":x"]),
        ("[z-a]", [], ["a", "z"]),
        ("a[/]b", [], ["a/b"]),
        ("\\!x", ["!x"], ["x"]),
        ("\\#x", ["#x"], ["x"]),
        ("#x", [], ["#x", "x"]),
        ("x  ", ["x"], ["x  "]),
        ("x\\ ", ["x "], ["x"]),
        ("*", ["a", "a/", ".a"], []),
        ("*/", ["a/"], ["a"]),
        ("/", [], ["a", "a/"]),
        ("a.c", ["a.c"], ["abc"]),
    ],
)
def test_lines_mean_what_they_mean_to_git(line: str, ignored: list[str], kept: list[str]) -> None:
    rules = rules_of(line)
    assert [path for path in ignored if not is_ignored(rules, path)] == []
    assert [path for path in kept if is_ignored(rules, path)] == []


def test_the_last_line_wins() -> None:
    rules = rules_of("*", "!*/", "!*.txt", "secret.txt")
    assert not is_ignored(rules, "folder/")
    assert not is_ignored(rules, "folder/a.txt")
    assert is_ignored(rules, "folder/secret.txt")
    assert is_ignored(rules, "folder/a.log")


def test_a_folder_that_is_kept_does_not_keep_what_is_in_it() -> None:
    outer = make_rules(["*.log"], defaults=False)
    rules, _ = outer.below(b"", b"!logs/\n")
    assert is_ignored(rules, "logs/a.log")


def test_deeper_files_win_and_know_only_what_is_below_them() -> None:
    top = rules_of("*.log", "/only-top")
    deep, _ = top.below(b"logs", b"!keep.log\n/here\n")
    assert is_ignored(deep, "logs/a.log")
    assert not is_ignored(deep, "logs/keep.log")
    assert not is_ignored(deep, "logs/x/keep.log")
    assert is_ignored(deep, "logs/here")
    assert not is_ignored(deep, "logs/x/here")
    assert not is_ignored(deep, "logs/only-top")
    assert is_ignored(top, "logs/keep.log")


def test_the_rule_is_named_with_its_line() -> None:
    rules, _ = make_rules(["*.bak"]).below(b"logs", b"# comment\r\n\r\n*.tmp\r\n")
    assert rules.find(b"logs/a", b"x.tmp", False) == Rule("*.tmp", "logs/.sissignore:3")
    assert rules.find(b"", b"x.bak", False) == Rule("*.bak", "SISS_IGNORE:1")
    assert rules.find(b"", b".git", True) == Rule(".git", "default")
    assert rules.find(b"", b"._a", False) == Rule("._*", "default")
    assert Rule("*.tmp", "logs/.sissignore:3").gap == Gap(Reason.IGNORED, detail="rule *.tmp (logs/.sissignore:3)")


def test_defaults_can_be_taken_back_or_switched_off() -> None:
    assert not is_ignored(rules_of("!.git", defaults=True), ".git/")
    assert is_ignored(rules_of("!.svn", defaults=True), ".git/")
    assert make_rules(defaults=False).find(b"", b".git", True) is None


@pytest.mark.parametrize("defaults", [True, False])
def test_nothing_brings_back_uploads_on_their_way(defaults: bool) -> None:
    for lines in ([], ["!.siss-incoming"], ["!*"], ["!.siss-incoming/**"]):
        assert rules_of(*lines, defaults=defaults).find(b"uploads", b".siss-incoming", True) is not None
    assert may_be_special([b"a", b".siss-incoming", b"z"])


@pytest.mark.parametrize(
    "name", [b"node_modules", b"notes.txt~", b".env", b"a.sw", b".gitignore", b".sissignore", b"$x"]
)
def test_what_users_may_want_is_not_ignored_by_default(name: bytes) -> None:
    assert default_rule(name) is None


@given(
    st.sampled_from([b"", b".", b"._", b"~$", b".Trash-", b".git"]),
    st.binary(max_size=6),
    st.sampled_from([b"", b".swp"]),
)
def test_the_quick_test_overlooks_no_rule(head: bytes, middle: bytes, tail: bytes) -> None:
    name = head + middle + tail
    if default_rule(name) is not None:
        assert may_be_special([name])
        assert may_be_special([b"a", name, b"z"])


@pytest.mark.parametrize(
    "name",
    [
        *sorted(DEFAULT_NAMES),
        *(each + b"x" for each in DEFAULT_PREFIXES),
        *(b"x" + each for each in DEFAULT_SUFFIXES),
    ],
)
def test_every_default_is_a_rule_and_special(name: bytes) -> None:
    assert default_rule(name) is not None
    assert may_be_special([b"a.txt", name])
    assert may_be_special([name, b"a.txt"])


def test_a_folder_of_ordinary_names_is_not_special() -> None:
    assert may_be_special([IGNORE_FILE])
    assert not may_be_special([])
    assert not may_be_special([b"a.txt", b"git", b"report.pdf", b"x~"])


def test_names_in_other_forms() -> None:
    assert is_ignored(rules_of("café*"), "cafe\u0301.log")
    raw = rules_of().below(b"", b"caf\xe9\n")[0]
    assert raw.find(b"", b"caf\xe9", False) is not None
    assert raw.find(b"", "café".encode(), False) is None
    assert is_ignored(rules_of("*.LOG", fold=True), "a.log")
    assert not is_ignored(rules_of("*.LOG"), "a.log")


def test_lines_that_match_nothing_are_reported_and_cost_only_themselves() -> None:
    rules, file = make_rules(defaults=False).below(b"", b"a\\\n[\n!\n/\n[[:nonsense:]]\n*.tmp\n")
    assert [line for line, _ in file.problems] == [1, 2, 3, 4, 5]
    assert is_ignored(rules, "a.tmp")


@given(
    st.lists(
        st.sampled_from(
            [
                b"*",
                b"**",
                b"?",
                b"[",
                b"]",
                b"!",
                b"\\",
                b"/",
                b"a",
                b"-",
                b"^",
                b" ",
                b"[:alpha:]",
                b"\xff",
                b"(",
                b"{9}",
                b"$",
            ]
        )
    ).map(b"".join)
)
def test_every_line_compiles_or_is_a_problem(line: bytes) -> None:
    compiled = compile_line(line)
    assert compiled is None or isinstance(compiled, Pattern | str)
    _, file = make_rules(defaults=False).below(b"", line + b"\n*.tmp")
    assert file.decide(b"x/y.tmp", is_folder=False) is not None
    assert len(file.problems) == isinstance(compiled, str)


def test_a_hostile_pattern_is_linear() -> None:
    rules = rules_of("*a" * 30 + "b")
    assert not is_ignored(rules, "a" * 255)
    assert_linear(lambda length: is_ignored(rules, "a" * length), 255)


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    def write(name: str, data: bytes) -> bytes:
        (tmp_path / name).write_bytes(data)
        return bytes(tmp_path / name)

    def reason(path: bytes) -> Reason:
        gap = read_rules(path)
        assert isinstance(gap, Gap)
        assert not gap.lost
        return gap.reason

    assert read_rules(bytes(tmp_path / "none")) is None
    assert read_rules(write("good", b"*.tmp\n")) == b"*.tmp\n"
    assert reason(write("utf16", "*.tmp\n".encode("utf-16"))) is Reason.BINARY
    assert reason(write("large", b"#" * (MAX_IGNORE_BYTES + 1))) is Reason.OVERSIZED
    (tmp_path / "folder").mkdir()
    assert reason(bytes(tmp_path / "folder")) is Reason.SPECIAL_FILE
    (tmp_path / "link").symlink_to("good")
    assert reason(bytes(tmp_path / "link")) is Reason.SYMLINK_NOT_FOLLOWED


def test_a_byte_order_mark_is_no_part_of_the_first_rule() -> None:
    rules, _ = make_rules().below(b"", b"\xef\xbb\xbf*.tmp\n")
    assert is_ignored(rules, "a.tmp")
