"""Folders that are not there when a command starts."""

import json


def test_a_folder_that_was_indexed_and_is_gone_is_away_and_still_answers(installation, tmp_path):
    folder = tmp_path / "mount"
    folder.mkdir()
    (folder / "note.txt").write_text("quinquireme of Nineveh\n")
    typo = installation.run("index", str(tmp_path / "moun"))
    assert (typo.returncode, "does not exist" in typo.stderr) == (2, True)
    file = installation.run("index", str(folder / "note.txt"))
    assert (file.returncode, "is not a folder" in file.stderr) == (2, True)
    assert installation.run("index", str(folder)).returncode == 0
    folder.rename(tmp_path / "away")
    ended = installation.run("index", "--json", str(folder))
    assert ended.returncode == 7, ended.stderr  # not 0: cron, or whoever waits, would take it for done
    assert f"{folder} is away: " in ended.stderr
    assert json.loads(ended.stdout)["roots"][0]["outage"]
    scanned = installation.run("scan", "--set", f"roots={folder}")
    assert (scanned.returncode, f"{folder} is away: " in scanned.stderr) == (7, True), scanned.stderr
    assert installation.run("search", "quinquireme").returncode == 0
