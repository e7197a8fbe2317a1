import msgspec

from siss.adapters.postgres.ingest.structure_write import pack_values, unpack_values


def test_values_come_back_as_they_were():
    few, many = {0: [1, "x", None, 2.5, True]}, {number: [f"https://example.org/{number}", 7] for number in range(20)}
    plain = msgspec.msgpack.encode(many)
    assert len(pack_values(many)) < len(plain) / 2
    assert [unpack_values(pack_values(values)) for values in ({}, few, many)] == [{}, few, many]
    assert unpack_values(plain) == many, "what older versions wrote"
