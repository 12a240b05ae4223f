"""Decodes a PNG of 8 bits a channel, to check what weft wrote with a decoder that is not libpng."""
import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {2: 3, 6: 4}


def chunks(data):
    """(name, body) of each chunk; their checksums must be right."""
    if not data.startswith(SIGNATURE):
        raise ValueError("no PNG signature")
    at = len(SIGNATURE)
    while at < len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        body = data[at + 8:at + 8 + length]
        crc, = struct.unpack_from(">I", data, at + 8 + length)
        if crc != zlib.crc32(name + body):
            raise ValueError(f"the checksum of {name} is wrong")
        yield name, body
        at += 12 + length


def unpack(data):
    """(width, height, channels, filtered bytes): the whole file is read, all checks are made."""
    parts = list(chunks(data))
    if parts[0][0] != b"IHDR" or parts[-1][0] != b"IEND":
        raise ValueError("IHDR first and IEND last")
    width, height, depth, color, _, _, interlace = struct.unpack(">IIBBBBB", parts[0][1])
    if depth != 8 or interlace != 0 or color not in CHANNELS:
        raise ValueError(f"not read here: depth {depth}, colour type {color}")
    raw = zlib.decompress(b"".join(body for name, body in parts if name == b"IDAT"))
    if len(raw) != height * (1 + width * CHANNELS[color]):
        raise ValueError(f"{len(raw)} bytes of pixels")
    return width, height, CHANNELS[color], raw


def size(data):
    width, height, _, _ = unpack(data)
    return width, height


def unfilter(kind, line, above, step):
    """One line of pixels.  Source: PNG specification, 9.2."""
    if kind == 0:
        return bytearray(line)
    if kind == 2:
        return bytearray((a + b) & 255 for a, b in zip(line, above))
    out = bytearray(line)
    for i, value in enumerate(line):
        left = out[i - step] if i >= step else 0
        up = above[i]
        corner = above[i - step] if i >= step else 0
        if kind == 1:
            guess = left
        elif kind == 3:
            guess = (left + up) // 2
        else:
            sides = (abs(up - corner), abs(left - corner), abs(left + up - 2 * corner))
            guess = (left, up, corner)[sides.index(min(sides))]
        out[i] = (value + guess) & 255
    return out


def rows(data):
    """The picture as rows of (r, g, b)."""
    width, height, step, raw = unpack(data)
    above, result = bytearray(width * step), []
    for y in range(height):
        at = y * (1 + width * step)
        above = unfilter(raw[at], raw[at + 1:at + 1 + width * step], above, step)
        result.append([tuple(above[i:i + 3]) for i in range(0, len(above), step)])
    return result
