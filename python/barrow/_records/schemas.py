"""The schemas of kinds of records: written, and read back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import pyarrow as pa

from barrow._records.encodings import ENCODINGS, STAMP, Encoding
from barrow._records.kind import RecordKind, Role
from barrow._records.known import KINDS
from barrow.errors import BarrowSchemaError, message


@dataclass(frozen=True)
class Meta:
    """What the metadata of a schema says about its records.

    Attributes:
        identity: The bar type or the instrument id, or None where nobody said it.
        price_precision: Decimals of prices that carry meaning; 0 where there are none.
        size_precision: Decimals of sizes that carry meaning; 0 where there are none.
        symbol: The symbol where only that is known.
    """

    identity: str | None
    price_precision: int = 0
    size_precision: int = 0
    symbol: str | None = None

    def to_dict(self, kind: RecordKind) -> dict[str, str]:
        """The metadata of a schema: NautilusTrader's keys, all values text."""
        known = {kind.key: self.identity, "symbol": None if self.identity else self.symbol}
        return {
            **{key: value for key, value in known.items() if value},
            **{key: str(getattr(self, key)) for key in kind.precisions},
        }


def record_schema(kind: RecordKind, encoding: Encoding, meta: Meta) -> pa.Schema:
    """The stored schema: the columns of the kind, with metadata.

    None is nullable but values of `decimal128` that may be undefined.
    """
    return kind.stored[encoding.name].with_metadata(meta.to_dict(kind))


def numeric_schema(kind: RecordKind, encoding: Encoding, schema: pa.Schema) -> pa.Schema:
    """The schema other tools receive: numbers instead of opaque binary.

    Eight-byte values become integers with their scale in the metadata of the
    field, sixteen-byte values `decimal128(38, 16)`, times `timestamp[ns, UTC]`.
    Values that may be undefined are nullable.
    """
    fields = []
    for field in kind.fields:
        if field.role is Role.TIME:
            fields.append(pa.field(field.name, STAMP, nullable=False))
        elif not field.is_value:
            fields.append(schema.field(field.name))
        elif encoding.wide:
            fields.append(pa.field(field.name, pa.decimal128(38, 16), nullable=field.optional))
        else:
            dtype = pa.int64() if field.signed else pa.uint64()
            scale = {"scale": "9"}
            fields.append(pa.field(field.name, dtype, nullable=field.optional, metadata=scale))
    return pa.schema(fields, metadata=schema.metadata)


def read_schema(
    schema: pa.Schema, where: str, kind: RecordKind | None = None
) -> tuple[RecordKind, Encoding, Meta]:
    """Finds out which records a schema is of, and how they are stored.

    Args:
        schema: Any schema; columns may be in another order, and more than needed.
        where: What to call its source in an error.
        kind: What they have to be; the one of barrow's own whose columns are there if
            None.

    Raises:
        BarrowSchemaError: These are no such records, or their metadata is no good.
    """
    try:
        names = schema.names
    except UnicodeDecodeError as error:
        raise BarrowSchemaError(message(where, f"a column name is not UTF-8: {error}")) from error
    kind = _check_names(names, where, kind)
    encoding = _check_types(schema, where, kind)
    text = _text_metadata(schema, where)
    precisions = {key: _precision(text, key, where, encoding) for key in kind.precisions}
    return kind, encoding, Meta(text.get(kind.key), **precisions, symbol=text.get("symbol"))


def _precision(text: dict[str, str], key: str, where: str, encoding: Encoding) -> int:
    value = text.get(key, "")
    if not value.isascii() or not value.isdigit() or int(value) > encoding.scale:
        raise BarrowSchemaError(
            message(
                where, f"metadata {key} is {value!r}, expected a number from 0 to {encoding.scale}"
            )
        )
    return int(value)


def listed(names: Iterable[str]) -> str:
    """Names of columns in a sentence; those numbered from a to b become `name_a..b`."""
    parts = []
    for stem, group in groupby(names, lambda name: re.sub(r"_\d+$", "_", name)):
        run = list(group)
        first, last = run[0], run[-1].removeprefix(stem)
        parts += run if len(run) < 3 or first == stem else [f"{first}..{last}"]
    return ", ".join(parts)


def _check_names(names: Sequence[str], where: str, wanted: RecordKind | None) -> RecordKind:
    there = set(names)
    whole = [kind for kind in KINDS.values() if there.issuperset(kind.columns)]
    kind = wanted or (whole[0] if whole else _nearest(names, where))
    twice = [name for name in kind.columns if names.count(name) > 1]
    if twice:
        raise BarrowSchemaError(message(where, f"column {', '.join(twice)} is there twice"))
    missing = [name for name in kind.columns if name not in there]
    if missing:
        raise BarrowSchemaError(
            message(
                where,
                f"no {kind.plural}: column {listed(missing)} missing, found {listed(names)}",
                tries=[f"these are {other.plural}: use {_title(other)}" for other in whole],
            )
        )
    return kind


def _title(kind: RecordKind) -> str:
    return kind.plural.title().replace(" ", "")


def _nearest(names: Sequence[str], where: str) -> RecordKind:
    """The kind most of whose columns are there, to say which ones are not."""

    def share(kind: RecordKind) -> float:
        own = (*kind.values, *kind.extras)
        return sum(name in names for name in own) / len(own)

    kind = max(KINDS.values(), key=share)
    if share(kind) == 0:
        raise BarrowSchemaError(
            message(
                where,
                f"no records that are known: found {listed(names) or 'no columns'}",
                tries=[
                    *(f"{k.plural} have {listed(k.columns)}" for k in KINDS.values()),
                    "container=... for a class of your own",
                ],
            )
        )
    return kind


def _check_types(schema: pa.Schema, where: str, kind: RecordKind) -> Encoding:
    for known in ENCODINGS.values():
        if schema.equals(kind.stored[known.name]):
            return known
    first = kind.values[0]
    told = schema.field(first).type
    encoding = next((e for e in ENCODINGS.values() if told == e.value_type), None)
    if encoding is None:
        raise BarrowSchemaError(
            message(
                where,
                f'column "{first}" is {told}, expected one of '
                + ", ".join(f"{e.value_type} ({e.name})" for e in ENCODINGS.values()),
            )
        )
    for field in kind.fields:
        found, expected = schema.field(field.name).type, field.type_in(encoding)
        if found != expected:
            raise BarrowSchemaError(
                message(
                    where,
                    f'column "{field.name}" is {found}, expected {expected} as in {encoding.name}',
                )
            )
    return encoding


def check_nulls(
    data: pa.Table | pa.RecordBatch, kind: RecordKind, encoding: Encoding, where: str = ""
) -> None:
    """Refuses nulls in columns of records, but where they are values that are undefined.

    Args:
        data: Has the columns of the kind.
        kind: What they are.
        encoding: How they are stored.
        where: What to call their source in an error.

    Raises:
        BarrowSchemaError: There are some.
    """
    for field in kind.fields:
        nulls = data.column(field.name).null_count
        if nulls and not field.stored_in(encoding).nullable:
            raise BarrowSchemaError(
                message(
                    f'{where} column "{field.name}"'.strip(), f"holds {nulls} nulls, expected none"
                )
            )


def _text_metadata(schema: pa.Schema, where: str) -> dict[str, str]:
    try:
        return {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
    except UnicodeDecodeError as error:
        raise BarrowSchemaError(message(where, f"the metadata is not UTF-8: {error}")) from error
