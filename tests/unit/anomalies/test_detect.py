import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draws import examples
from siss.anomalies.detect import MOST_APART, find_deviations
from siss.anomalies.explain import explain
from siss.model.anomaly import ACTIONS, Action, Severity
from siss.model.content import Kind
from unit.anomalies.made import config, family, member


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"debug": True}, ("schema_outlier", "$.debug", "medium")),
        ({"adminPassword": "none"}, ("schema_outlier", "$.adminPassword", "high")),
        ({"apiKey": "none"}, ("schema_outlier", "$.apiKey", "high")),
        ({"monkey": "none"}, ("schema_outlier", "$.monkey", "medium")),
        ({"port": ...}, ("missing_fields", "$.port", "medium")),
        ({"log": {"level": "info"}}, ("missing_fields", "$.log.file", "medium")),
        ({"timeout": "30"}, ("type_outlier", "$.timeout", "medium")),
        ({"port": None}, ("type_outlier", "$.port", "medium")),
        ({"mode": {"of": "prod"}}, ("type_outlier", "$.mode", "medium")),
        ({"address": "10.1.1"}, ("format_outlier", "$.address", "low")),
        ({"timeout": 90000}, ("value_outlier", "$.timeout", "low")),
        ({"timeout": -1}, ("value_outlier", "$.timeout", "low")),
        ({"mode": "prdo"}, ("rare_value", "$.mode", "low")),
        ({"port": 1}, ("value_outlier", "$.port", "low")),
        ({"keep": "20ms"}, ("rare_value", "$.keep", "low")),
        ({"name": "svc-0007" + "-and-more" * 99}, ("size_anomaly", "", "low")),
    ],
)
def test_what_is_unusual_about_one_of_sixty(changes: dict[str, Any], wanted: tuple[str, str, str]):
    found = find_deviations(family({7: changes}))
    assert set(found) == {7}
    assert wanted in {(each.kind, each.path, each.severity) for each in found[7]}
    assert {each.path for each in found[7]} <= {wanted[1], "$.name"}


def test_clean_families_raise_no_alarm():
    assert find_deviations(family(count=200)) == {}


def test_ten_siblings_and_fewer_are_no_baseline():
    odd = {3: {"debug": True, "timeout": 10**6}}
    assert find_deviations(family(odd, count=10)) == {}
    assert find_deviations([]) == {}


def test_of_twelve_files_one_may_be_unusual_if_the_others_are_alike():
    for changes, kind in (({"debug": True}, "schema_outlier"), ({"port": ...}, "missing_fields")):
        found = find_deviations(family({3: changes}, count=12))
        assert [(at, each.kind) for at, all_of in found.items() for each in all_of] == [(3, kind)]
    assert find_deviations(family({3: {"debug": True}, 5: {"trace": 1}, 6: {"trace": 2}}, count=12)) == {}


def test_what_many_have_is_usual():
    assert find_deviations(family({number: {"debug": True} for number in range(0, 60, 6)})) == {}


def test_copies_of_one_content_do_not_speak_for_each_other():
    odd = member(config(7, debug=True), files=5)
    assert set(find_deviations([*family(count=300), odd])) == {300}


@settings(max_examples=examples(10))
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_members_makes_no_difference(rng: random.Random):
    members = family({3: {"debug": True}, 9: {"timeout": 10**6}, 20: {"port": ...}, 30: {"mode": "x"}})
    order = list(range(len(members)))
    rng.shuffle(order)
    found = find_deviations([members[at] for at in order])
    assert {order[at]: each for at, each in found.items()} == find_deviations(members)


def test_of_one_field_the_first_thing_to_be_found_is_told():
    (found,) = find_deviations(family({7: {"log": {"sub": {"a": 1, "b": [2]}, **config(7)["log"]}}})).values()
    assert [each.path for each in found] == ["$.log.sub"]
    (found,) = find_deviations(family({7: {"mode": {"of": "prod", "password": ""}}})).values()
    assert [each.path for each in found] == ["$.mode", "$.mode.password"]


def test_many_fields_of_one_object_are_one_thing():
    extra = {f"extra_{number:03}": number for number in range(150)}
    (found,) = find_deviations(family({7: {**extra, "adminPassword": "none"}})).values()
    told = {each.kind: explain(each) for each in found if each.severity is not Severity.HIGH}
    assert [each.path for each in found if each.severity is Severity.HIGH] == ["$.adminPassword"]
    assert told["schema_outlier"] == (
        "It has 150 fields that none of 59 other files with this schema has: "
        "$.extra_000, $.extra_001, $.extra_002, $.extra_003, $.extra_004 and 145 more."
    )
    assert sum(each.kind == "schema_outlier" for each in found) == 2
    (other,) = find_deviations(family({7: {**extra, "more": 1}})).values()
    tokens = [[each.token for each in of if each.path == "$"] for of in (found, other)]
    assert tokens[0] != tokens[1]
    some = {f"extra_{number}": number for number in range(MOST_APART)}
    (found,) = find_deviations(family({7: some})).values()
    assert {f"$.{name}" for name in some} <= {each.path for each in found}


def test_many_missing_fields_of_one_object_are_one_thing():
    names = [f"field_{number:03}" for number in range(40)]
    members = [member({"kept": number, **dict.fromkeys(names, "on")}) for number in range(59)]
    (found,) = find_deviations([*members, member({"kept": 1, "field_001": "on"})]).values()
    (missing,) = [each for each in found if each.kind == "missing_fields"]
    assert explain(missing) == (
        "39 fields are missing that at least 59 of 59 other files have: "
        "$.field_000, $.field_002, $.field_003, $.field_004, $.field_005 and 34 more."
    )


def test_redacted_secrets_are_no_values():
    members = [member(config(n, auth=f"«secret:generic:{n:016x}»")) for n in range(60)]
    assert find_deviations(members) == {}


def test_texts_that_spell_numbers_are_numbers_where_there_are_only_texts():
    def entry(timeout: str, number: int) -> bytes:
        return f"host=db-{number}\nport=5432\ntimeout={timeout}\n".encode()

    members = [member(entry(str(20 + number % 17), number), kind=Kind.KEYVALUE) for number in range(60)]
    assert find_deviations(members) == {}
    members[5] = member(entry("70000", 5), kind=Kind.KEYVALUE)
    assert [(at, each.kind) for at, found in find_deviations(members).items() for each in found] == [
        (5, "value_outlier")
    ]
    members[5] = member(entry("soon", 5), kind=Kind.KEYVALUE)
    assert set(find_deviations(members)) == {5}


def test_sentences_name_field_value_and_what_the_siblings_have():
    odd: dict[int, dict[str, Any]] = {
        3: {"debug": True},
        9: {"timeout": 10**6},
        20: {"port": ...},
        30: {"mode": "prdo"},
        40: {"timeout": "30"},
        50: {"keep": "30d"},
        55: {"name": ""},
    }
    told = {at: explain(each) for at, found in find_deviations(family(odd, 120)).items() for each in found}
    assert told[3] == "The field $.debug (boolean) is in none of 119 other files with this schema."
    assert told[9].startswith("$.timeout is 1000000. In 118 other files it lies between 20 and 40, mostly near ")
    assert told[20] == "$.port is missing: 119 of 119 other files have it."
    assert told[30].startswith('$.mode is "prdo", as in none of 119 other files: they have ')
    assert told[40] == '$.timeout is a string ("30"), as in none of 119 other files: they have number (119).'
    assert told[50].startswith(
        '$.keep is "30d" (2592000 s). In 119 other files it lies between 10 s and 30 s, mostly'
    )
    assert told[55] == "$.name is empty, as in none of 119 other files: they have string (119)."


def test_a_value_of_a_rare_type_is_the_one_that_is_shown():
    members = [member({"rules": [{"expr": f"up > {number}"}, {"expr": "down"}]}) for number in range(60)]
    members[7] = member({"rules": [{"expr": "up"}, {"expr": None}]})
    members[9] = member({"rules": [{"expr": "up"}, {"expr": 17}]})
    told = {at: explain(each) for at, found in find_deviations(members).items() for each in found}
    assert told[7].startswith("$.rules[*].expr is null, as in none")
    assert told[9].startswith("$.rules[*].expr is a number (17), as in none")


def test_an_empty_text_is_told_in_every_format_unless_others_are_empty_too():
    for kind, entry in (
        (Kind.KEYVALUE, b"bucket=%s\nhost=h%d\n"),
        (Kind.XML, b"<a><bucket>%s</bucket><host>h%d</host></a>"),
    ):
        members = [member(entry % (b"bkt-%d" % number, number), kind=kind) for number in range(120)]
        members[5] = member(entry % (b"", 5), kind=kind)
        found = find_deviations(members)
        assert set(found) == {5}
        assert " is empty, as in none of 119 other files" in explain(found[5][0])
        members[8] = member(entry % (b"", 8), kind=kind)
        assert not find_deviations(members)


def test_numbers_are_no_versions():
    """Decimals look like versions, and any next one may have no fraction."""
    rng = random.Random(7)
    for form, comma in (("%.2f", "."), ("%.2f", ","), ("%.1e", ".")):
        texts = [(form % rng.uniform(1, 9)).replace(".", comma) for _ in range(120)]
        texts[9] = "5"
        assert not find_deviations([member(f"<a><load>{text}</load></a>".encode(), kind=Kind.XML) for text in texts])


def test_names_of_xml_are_told_without_their_namespaces():
    text = '<a xmlns="urn:x" xmlns:y="urn:y" y:at="{0}"><b>{0}</b></a>'
    members = [member(text.format(f"2026-11-{day % 28 + 1:02}").encode(), kind=Kind.XML) for day in range(60)]
    members[3] = member(text.format("soon").encode(), kind=Kind.XML)
    told = [(each.path, explain(each)) for each in find_deviations(members)[3]]
    assert [sentence.split(" is ")[0] for _, sentence in told] == ["/a/@at", "/a/b"]
    assert [path for path, _ in told] == ["/{urn:x}a/@{urn:y}at", "/{urn:x}a/{urn:x}b"]


def test_each_severity_has_its_action():
    assert [ACTIONS[severity] for severity in Severity] == list(Action)


@settings(max_examples=examples(30))
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["a", "b", "c", "token", "\ud800", "x.y"]),
            st.one_of(
                st.none(),
                st.booleans(),
                st.integers(),
                st.floats(allow_nan=False),
                st.text(max_size=9),
                st.lists(st.integers(), max_size=3),
            ),
            max_size=5,
        ),
        min_size=11,
        max_size=40,
    )
)
def test_whatever_the_members_are_there_is_an_answer_that_can_be_sent(values: list[dict[str, Any]]):
    for found in find_deviations([member(value) for value in values]).values():
        for each in found:
            explain(each).encode()
            assert each.alike <= each.siblings < len(values)
