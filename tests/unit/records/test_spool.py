"""What is appended to the spool is read again whole, whatever ends the process or tears the file."""

import multiprocessing
import os
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.records import spool as spool_module
from cds_service.records.spool import ENDING, Read, Spool, SpoolFile

MEBIBYTE = 1 << 20
PAYLOADS = st.lists(st.binary(max_size=40).map(lambda some: some.replace(b"\n", b" ")), max_size=12)


def refused(*_: object, **__: object) -> None:
    raise PermissionError


def everything_in(spool: Spool) -> list[bytes]:
    """What waits, taken as committed on the way."""
    lines: list[bytes] = []
    while (read := spool.pending(MEBIBYTE)).lines:
        lines += read.lines
        spool.committed(read)
    return lines


def left_in(folder: Path) -> list[bytes]:
    files = (SpoolFile.left_at(path) for path in Spool(folder).others())
    return [line for file in files if file for line in file.read(0, MEBIBYTE).lines]


def test_what_was_appended_is_read_in_order_and_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(b"one")
    spool.append(b"two")

    assert everything_in(spool) == [b"one", b"two"]
    assert spool.pending(MEBIBYTE).lines == ()
    assert spool.depth == 0


def test_what_is_not_committed_is_read_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(b"one")
    first = spool.pending(MEBIBYTE)
    spool.append(b"two")

    assert spool.pending(MEBIBYTE).lines == (b"one", b"two")
    spool.committed(first)
    assert spool.pending(MEBIBYTE).lines == (b"two",)


def test_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    Spool(folder).append(b"one")
    [file] = folder.iterdir()

    assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)


def test_under_a_load_that_never_ends_the_files_stay_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_module, "BYTES_OF_A_FILE", 200)
    spool, read = Spool(tmp_path), Read((), 0, 0)
    lines: list[bytes] = []
    for number in range(500):
        spool.append(b"%d" % number)
        if number % 3 == 0:  # what comes while a group is committed
            spool.committed(read) if read.lines else None
            read = spool.pending(MEBIBYTE)
            lines += read.lines
    spool.committed(read)

    assert [*lines, *everything_in(spool)] == [b"%d" % number for number in range(500)]
    assert len(list(tmp_path.iterdir())) == 1


def test_what_is_beyond_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_module, "BYTES_OF_A_FILE", 10)
    monkeypatch.setattr(spool_module, "MOST_FILES", 2)
    spool = Spool(tmp_path)
    spool.append(b"one")
    spool.append(b"two")

    with pytest.raises(OSError, match="full"):
        spool.append(b"three")
    assert everything_in(spool) == [b"one", b"two"]


def test_a_spool_that_is_closed_empty_leaves_no_file(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(b"one")
    everything_in(spool)
    spool.close()

    assert list(tmp_path.iterdir()) == []


def test_what_waits_when_it_is_closed_is_left_for_another(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(b"one")
    spool.close()

    assert left_in(tmp_path) == [b"one"]


def test_the_file_of_a_process_that_lives_is_left_alone(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(b"one")

    assert left_in(tmp_path) == []
    assert spool.others() == []


def append_and_die(folder: Path, count: int) -> None:
    spool = Spool(folder)
    for number in range(count):
        spool.append(b"%d" % number)
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_a_killed_process_left_is_whole(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=append_and_die, args=(tmp_path, 100))
    process.start()
    process.join()

    assert left_in(tmp_path) == [b"%d" % number for number in range(100)]


@given(payloads=PAYLOADS, cut=st.integers(0, 400))
def test_a_file_that_was_cut_anywhere_gives_what_was_whole(
    tmp_path_factory: pytest.TempPathFactory, payloads: list[bytes], cut: int
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    file = SpoolFile.made_in(folder)
    ends = []
    for payload in payloads:
        file.append(payload)
        ends.append(file.size)
    os.truncate(file.path, min(cut, file.size))

    assert file.read(0, MEBIBYTE).lines == tuple(
        p for p, end in zip(payloads, ends, strict=True) if end <= cut
    )


@given(payloads=PAYLOADS, noise=st.binary(max_size=60), place=st.integers(0, 12))
def test_noise_between_two_lines_costs_no_other_line(
    tmp_path_factory: pytest.TempPathFactory, payloads: list[bytes], noise: bytes, place: int
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    file = SpoolFile.made_in(folder)
    for index, payload in enumerate(payloads):
        if index == place:
            with file.path.open("ab") as torn:
                torn.write(noise + b"\n")
        file.append(payload)

    assert [line for line in file.read(0, MEBIBYTE).lines if line in payloads] == payloads


def test_a_write_that_the_disk_cut_short_is_refused_and_costs_no_other_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    file = SpoolFile.made_in(tmp_path)
    file.append(b"one")
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda descriptor, line: write(descriptor, line[:7]))
        with pytest.raises(OSError, match="disk is full"):
            file.append(b"two")
    file.append(b"three")

    assert file.read(0, MEBIBYTE) == Read((b"one", b"three"), file.size, torn=1)


def test_what_comes_after_a_line_torn_at_the_end_of_a_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    spool = Spool(tmp_path)
    spool.append(b"one")
    monkeypatch.setattr(spool_module, "BYTES_OF_A_FILE", spool.depth + 7)
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda descriptor, line: write(descriptor, line[:7]))
        with pytest.raises(OSError, match="disk is full"):
            spool.append(b"two")
    spool.append(b"three")
    spool.append(b"four")

    assert everything_in(spool) == [b"one", b"three", b"four"]
    assert spool.depth == 0


def test_a_line_longer_than_one_read_is_read_whole(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(b"x" * 100)

    assert spool.pending(8).lines == (b"x" * 100,)


def test_a_file_that_cannot_be_removed_costs_no_line_of_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_module, "BYTES_OF_A_FILE", 1)
    spool = Spool(tmp_path)
    for payload in (b"longer", b"one"):
        spool.append(payload)

    read = spool.pending(MEBIBYTE)
    with monkeypatch.context() as read_only:
        read_only.setattr(Path, "unlink", refused)
        with pytest.raises(PermissionError):
            spool.committed(read)

    assert everything_in(spool) == [b"one"]


def test_two_take_over_one_file_only_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(b"one")
    spool.close()

    [path] = Spool(tmp_path).others()
    taken, again = SpoolFile.left_at(path), SpoolFile.left_at(path)
    assert again is None
    assert taken is not None
    taken.remove()
    assert list(tmp_path.glob(f"*{ENDING}")) == []
