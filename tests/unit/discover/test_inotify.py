import errno

from siss.discover.inotify import describe_limit


def test_limits_say_what_to_do() -> None:
    for number, name in ((errno.ENOSPC, "max_user_watches"), (errno.EMFILE, "max_user_instances")):
        sentence = describe_limit(OSError(number, ""))
        assert sentence is not None
        assert f"fs.inotify.{name}" in sentence
    assert describe_limit(OSError(errno.EIO, "")) is None
