"""Images, sounds and files in messages: what they are and how large, never their bytes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from otel_agents.sdk.answers.shapes import first, get, text

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST_URI: Final = 2_048
_KINDS: Final = ("image", "audio", "video")
# Where providers put the medium inside the piece of content.
_NESTED: Final = ("image_url", "source", "input_audio", "file", "video_url", "inline_data", "file_data")


def medium(piece: Any, kind: str) -> dict[str, Any]:
    """A part for a medium: ``type``, and ``mime_type``, ``bytes``, ``uri``, ``file_id``, ``name`` as far as known.

    Args:
        piece: the content of any provider that holds it: base64 text, a data URL, raw bytes, an address or an id.
        kind: image, audio, video or file; the media type, where there is one, knows better.
    """
    holder = next((inner for name in _NESTED if (inner := get(piece, name)) is not None), piece)
    if isinstance(holder, (str, bytes)):  # {"image_url": "https://…"}, {"file_data": "data:…"}
        holder = {"url" if _is_address(holder) else "data": holder}
    mime = text(first(holder, "media_type", "mime_type", "mimeType")) or _audio_format(holder)
    data = first(holder, "data", "file_data", "content", "bytes")
    uri = text(first(holder, "url", "uri", "file_uri", "fileUri", "file_url")) or (data if _is_address(data) else None)
    size = None
    if uri is None:
        size = _size(data, is_text=get(holder, "type") == "text")
    elif uri.startswith("data:"):
        head, _, data = uri.partition(",")
        mime = mime or head[5:].partition(";")[0] or None
        size, uri = _size(data, is_text=";base64" not in head), None
    known: dict[str, Any] = {
        "mime_type": mime,
        "bytes": size,
        "uri": uri and uri[:_LONGEST_URI],
        "file_id": text(first(holder, "file_id", "id")) or text(get(piece, "file_id")),
        "name": text(first(holder, "filename", "display_name", "displayName"))
        or text(first(piece, "filename", "title", "name")),
    }
    family = (mime or "").partition("/")[0]
    modality = family if family in _KINDS else text(get(piece, "modality")) or kind
    return {"type": modality, **{name: value for name, value in known.items() if value is not None}}


def _is_address(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("data:", "http:", "https:", "gs:", "file:", "s3:"))


def _audio_format(holder: Any) -> str | None:
    found = text(get(holder, "format"))
    return f"audio/{found}" if found else None


def _size(data: Any, *, is_text: bool) -> int | None:
    """How many bytes the data stands for: base64 unless it is text."""
    if isinstance(data, (bytes, bytearray, memoryview)):
        return len(data)
    if isinstance(data, int):  # a part in this form already
        return data
    if not isinstance(data, str):
        return None
    if is_text:
        return len(data.encode("utf-8", "replace"))
    return len(data) * 3 // 4 - data[-2:].count("=")


MEDIA: Final[dict[str, Callable[[Any], dict[str, Any]]]] = {
    **{name: partial(medium, kind="image") for name in ("image", "image_url", "input_image")},
    **{name: partial(medium, kind="audio") for name in ("audio", "input_audio")},
    **{name: partial(medium, kind="video") for name in ("video", "video_url")},
    **{name: partial(medium, kind="file") for name in ("file", "input_file", "document", "blob", "uri")},
}
