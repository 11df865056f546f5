"""Values as exact text, the same from every reader; floats as their bits."""

import datetime
import decimal
import struct


def text(value):
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        utc = value if value.tzinfo is None else value.astimezone(datetime.timezone.utc)
        return utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, float):
        return struct.pack(">d", value).hex()
    return str(value)


def texts(rows):
    """Rows as dictionaries of texts, in order of their number."""
    found = [{name: text(value) for name, value in row.items()} for row in rows]
    return sorted(found, key=lambda row: int(row["row"]))
