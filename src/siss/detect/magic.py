"""What binary files begin with. Only what is common on a share is named; the rest is ``application/octet-stream``."""

from typing import Final

ZIP: Final = "application/zip"
TAR: Final = "application/x-tar"

ARCHIVES: Final[tuple[tuple[bytes, str], ...]] = (
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"PK\x07\x08", ZIP),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"MSCF\0\0\0\0", "application/vnd.ms-cab-compressed"),
    (b"!<arch>\n", "application/x-archive"),
    (b"070701", "application/x-cpio"),
    (b"070707", "application/x-cpio"),
    (b"\xed\xab\xee\xdb", "application/x-rpm"),
)

BINARIES: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"\0\0\1\0", "image/vnd.microsoft.icon"),
    (b"8BPS\0", "image/vnd.adobe.photoshop"),
    (b"%PDF-", "application/pdf"),
    (b"\x7fELF", "application/x-elf"),
    (b"\xca\xfe\xba\xbe\0", "application/java-vm"),
    (b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (b"\xfe\xed\xfa\xcf", "application/x-mach-binary"),
    (b"\0asm", "application/wasm"),
    (b"SQLite format 3\0", "application/vnd.sqlite3"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"PAR1", "application/vnd.apache.parquet"),
    (b"Obj\x01", "application/vnd.apache.avro"),
    (b"ARROW1\0\0", "application/vnd.apache.arrow.file"),
    (b"\x89HDF\r\n\x1a\n", "application/x-hdf5"),
    (b"\x93NUMPY", "application/x-npy"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"OggS\0", "audio/ogg"),
    (b"\x1a\x45\xdf\xa3", "video/x-matroska"),
    (b"FLV\x01", "video/x-flv"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"\0\1\0\0\0", "font/ttf"),
    (b"OTTO\0", "font/otf"),
    (b"\xd4\xc3\xb2\xa1", "application/vnd.tcpdump.pcap"),
    (b"\xa1\xb2\xc3\xd4", "application/vnd.tcpdump.pcap"),
    (b"\x0a\x0d\x0d\x0a", "application/x-pcapng"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"\xfd7zXZ\0", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"\x04\x22\x4d\x18", "application/x-lz4"),
    (b"LPKSHHRH", "application/x-systemd-journal"),
    (b"ElfFile\0", "application/x-ms-evtx"),
    (b"regf", "application/x-ms-registry"),
    (b"KDM\0", "application/x-vmdk"),
    (b"QFI\xfb", "application/x-qemu-disk"),
    (b"conectix", "application/x-vhd"),
    (b"vhdxfile", "application/x-vhdx"),
    (b"LUKS\xba\xbe", "application/x-luks"),
    (b"Salted__", "application/x-openssl-encrypted"),
)

# Office documents and packages are zips: which kind, only the name says.
_ZIP_KINDS: Final = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "epub": "application/epub+zip",
    "jar": "application/java-archive",
    "war": "application/java-archive",
    "apk": "application/vnd.android.package-archive",
}


def _by_first_byte(table: tuple[tuple[bytes, str], ...]) -> dict[int, list[tuple[bytes, str]]]:
    found: dict[int, list[tuple[bytes, str]]] = {}
    for magic, mime in table:
        found.setdefault(magic[0], []).append((magic, mime))
    return found


_ARCHIVES: Final = _by_first_byte(ARCHIVES)
_BINARIES: Final = _by_first_byte(BINARIES)


def archive_mime(head: bytes, extension: str) -> str | None:
    """The MIME type of an archive, None for anything else. ``extension``: lower case, without the dot."""
    for magic, mime in _ARCHIVES.get(head[0], ()):
        if head.startswith(magic):
            return _ZIP_KINDS.get(extension, ZIP) if mime == ZIP else mime
    return TAR if is_tar_header(head[:512]) else None


def is_zip(mime: str) -> bool:
    """Whether an archive's MIME type is zip by another name."""
    return mime == ZIP or mime in _ZIP_KINDS.values()


def binary_mime(head: bytes) -> str | None:
    """The MIME type of a known binary format, None for anything else."""
    for magic, mime in _BINARIES.get(head[0], ()):
        if head.startswith(magic):
            # Letters alone prove nothing: a text may begin with "ID3" too.
            return mime if not magic.isascii() or not magic.isalnum() or _has_controls(head[:64]) else None
    if head[:4] == b"RIFF" and len(head) >= 12:
        return {b"WAVE": "audio/vnd.wave", b"AVI ": "video/vnd.avi", b"WEBP": "image/webp"}.get(head[8:12])
    if head[4:8] == b"ftyp" and head[0] == 0:
        return "video/mp4" if head[8:11] != b"hei" else "image/heic"
    if head[:2] == b"MZ" and _has_controls(head[:64]):
        return "application/vnd.microsoft.portable-executable"
    if head[32769:32774] == b"CD001":
        return "application/x-iso9660-image"
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0":
        return "image/bmp"
    if head[:10] in {b"BZh91AY&SY", b"BZh11AY&SY", b"BZh51AY&SY"}:
        return "application/x-bzip2"
    return None


def is_tar_header(header: bytes) -> bool:
    """Whether 512 bytes are a tar header: the magic of 1988, or for older ones a checksum that is right."""
    if len(header) < 512 or not header[0]:
        return False
    if header[257:262] == b"ustar":
        return True
    digits = header[148:156].strip(b" \0")
    if not digits or digits.translate(None, b"01234567"):
        return False
    return int(digits, 8) == sum(header) - sum(header[148:156]) + 8 * 0x20


def _has_controls(head: bytes) -> bool:
    return b"\0" in head or any(byte < 9 for byte in head)
