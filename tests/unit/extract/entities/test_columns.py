"""Tables whose heads say what stands below."""

import pytest

from growth import assert_linear
from siss.extract.entities.collect import EntityCollector
from siss.extract.entities.columns import find_columns, read_head
from siss.extract.entities.scan import Scanner

SCANNER = Scanner()
KINDS = {"username": "user", "hostname": "host", "database": "db", "port": "port"}


def named(text: str) -> str:
    """What the columns of tables name, in order: ``user:anna host:db1``."""
    data = text.encode()
    every = []
    for start, end, findings, _ in find_columns(data):
        ((name, _, first, last, _),) = findings
        assert (first, last) == (0, end - start)
        assert data[start:end].decode().lower() == name.value.lower()
        every.append(f"{KINDS[name.type.value]}:{name.value}")
    return " ".join(every)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("id,user,amount\n1,anna.lee,2\n2,kjell,3", "user:anna.lee user:kjell"),
        ("id;Computer;x\r\n1;PC-KASSE4;2\r\n", "host:pc-kasse4"),
        ('Id,Owner,"Host"\n1,"mweber","a,b"\n2,"x, y",srv-9', "user:mweber host:srv-9"),
        ("#Fields: date,client-hostname,note\n2026,EX-HUB2,x", "host:ex-hub2"),
        ("#Fields: date s-computername cs-username\n2026 WEB-7 otto", "host:web-7 user:otto"),
        ("a|database|src_port\n1|shop_eu|51200", "db:shop_eu port:51200"),
        # A machine is beside its address, and pods stand on nodes
        ("Name;IP;OS\nkassenhub;10.1.0.9;Debian 12\nkassenhub;-;x", "host:kassenhub"),
        ("| Server | Rolle |\n|---|---|\n| `zoll-db` | Import |\n", "host:zoll-db"),
        ("NAME     STATUS   INTERNAL-IP\ncp-1     Ready    10.88.0.11", "host:cp-1"),
        ("NAME     IP          NODE\npod-1    10.1.1.9    wrk-9", "host:wrk-9"),
        ("  JOBID     USER ST NODELIST\n   7121    xliang  R gpu-a04", "host:gpu-a04"),
        (
            "PID     Username     Machine\n812     hbraun       winpc-31\n\n813     hbraun       winpc-32",
            "user:hbraun host:winpc-31",
        ),
        # Where the table ends, another begins
        ("id,user,x\n1,anna,2\nend\n2,otto,3", "user:anna"),
        ("id,user,x\n1,anna,2\n\nid,y,host\n1,otto,db-1", "user:anna host:db-1"),
        # Words, numbers, and what tells itself elsewhere
        ("id,host,user\n1,primary,Some One\n2,10.0.0.1,none\n3,db1.example.com,1000", ""),
        ("Port,Name,Vlan\n7,uplink,9", ""),
        # Sentences, code and lists
        ("the user, host, and port\nanna, db-1, and 22", ""),
        ("    user,\n    host,\nanna,db-1", ""),
        ("user,host\nanna,db-1", ""),
        ("x = [user, host, port]\n1,anna,db-1", ""),
    ],
)
def test_cells_below_heads(text: str, names: str) -> None:
    assert named(text) == names


def test_a_table_is_the_same_in_pieces_and_from_its_middle() -> None:
    head, rows = b"id,user,host\n", [b"%d,anna%d,pc-%d\n" % (at, at % 7, at % 5) for at in range(60)]

    def counts(pieces: list[bytes], skip: int = 0) -> dict[str, int]:
        collector = EntityCollector(SCANNER, columns=read_head(head))
        at = 0
        for seq, piece in enumerate(pieces):
            if seq >= skip:
                collector.add(seq, at, piece)
            at += len(piece)
        return {one.name.value: one.count for part in collector.take().values() for one in part}

    whole = counts([head + b"".join(rows)])
    assert whole["anna3"] == 9
    assert whole == counts([head, *rows]) == counts([head + b"".join(rows[:31]), b"".join(rows[31:])])
    tail = [head + b"".join(rows[:30]), b"".join(rows[30:])]
    assert counts(tail, skip=1) == counts([b"x\n", b"".join(rows[30:])], skip=1)
    assert counts(tail, skip=1)["pc-3"] == 6


def test_without_a_role_there_are_no_columns() -> None:
    assert read_head(b"id,amount,comment") is None
    assert read_head(b"user,host") is None
    assert read_head(b"1,user,2") is None


def test_heads_and_rows_take_linear_time() -> None:
    assert_linear(lambda size: find_columns(b"id,user,host\n" + b'1,"a""b,"c-1\n' * size), 800)
    assert_linear(lambda size: find_columns(b"id,user," * size), 4000)
    assert_linear(lambda size: find_columns(b"id,user,x\n" + b'","' * size), 4000)
