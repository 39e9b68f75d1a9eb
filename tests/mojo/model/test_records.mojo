"""The three traits, for every type of record in every encoding."""

from std.memory import ArcPointer
from std.testing import TestSuite, assert_equal, assert_true

from barrow.arrow import (
    Batch,
    BatchMaker,
    Metadata,
    OwnedArray,
    Schema,
    lend_array,
    slots_of,
)
from barrow.errors import Fault
from barrow.model import (
    AggressorSide,
    Bar,
    BookAction,
    Encoding,
    OrderBookDelta,
    OrderBookDepth10,
    OrderSide,
    Price,
    Quantity,
    QuoteTick,
    Record,
    Subject,
    TradeTick,
    UnixNanos,
)
from samples import (
    BAR_TYPE,
    ROWS,
    Change,
    altered,
    bars,
    deltas,
    depths,
    quotes,
    trades,
)


def same[
    T: Record & Equatable & Writable
](found: List[T], expected: Span[T, _]) raises:
    assert_equal(len(found), len(expected))
    for i in range(len(found)):
        assert_equal(found[i], expected[i])


def fault_of[T: Record](metadata: Metadata, batch: Batch) -> String:
    try:
        _ = T.decode_batch(metadata, batch)
    except fault:
        return String(fault)
    return "none"


def check_round_trips[
    T: Record & Equatable & Writable
](records: List[T]) raises:
    var metadata = T.chunk_metadata(records)
    var batch = T.encode_batch(metadata, records)
    assert_equal(String(batch.schema[].metadata()), String(metadata))
    same(T.decode_batch(metadata, batch), records)
    # One record, and records that are part of a longer list.
    same(
        T.decode_batch(metadata, T.encode_batch(metadata, records[3:4])),
        records[3:4],
    )
    same(
        T.decode_batch(metadata, T.encode_batch(metadata, records[2:9])),
        records[2:9],
    )
    # None at all.
    var none = T.encode_batch(metadata, records[5:5])
    assert_equal(none.rows(), 0)
    assert_equal(none.columns(), batch.columns())
    assert_equal(len(T.decode_batch(metadata, none)), 0)
    # Columns in another order, among others.
    same(
        T.decode_batch(
            metadata, altered[T](batch, -1, Change.NONE, reverse=True)
        ),
        records,
    )


def check_slices[T: Record & Equatable & Writable](records: List[T]) raises:
    var metadata = T.chunk_metadata(records)
    var batch = T.encode_batch(metadata, records)
    # The struct of the batch leaves out rows.
    batch.owner[].at[].offset = 3
    batch.owner[].at[].length = 5
    same(T.decode_batch(metadata, batch), records[3:8])
    # The columns leave out rows.
    var array = OwnedArray()
    lend_array(batch, array.at)
    var cut = Batch(batch.schema, array^)
    assert_equal(cut.column(0).offset, 3)
    same(T.decode_batch(metadata, cut), records[3:8])


def check_schema[
    T: Record & Equatable & Writable
](records: List[T], nullable: Bool) raises:
    var metadata = T.chunk_metadata(records)
    var schema = T.get_schema(metadata)
    var batch = T.encode_batch(metadata, records)
    var found = T.get_schema_map()
    var at = 0
    for pair in found.items():
        ref field = schema[].fields[schema[].field_index(at)]
        ref of_batch = batch.schema[].fields[batch.schema[].field_index(at)]
        assert_equal(pair.key, field.name)
        assert_equal(pair.value, field.type.name())
        assert_equal(field.name, of_batch.name)
        assert_equal(field.type.format, of_batch.type.format)
        assert_equal(field.nullable, of_batch.nullable)
        assert_true(nullable or not field.nullable)
        at += 1
    assert_equal(at, batch.columns())


def check_damage[T: Record & Equatable & Writable](records: List[T]) raises:
    var metadata = T.chunk_metadata(records)
    var batch = T.encode_batch(metadata, records)
    var slots = slots_of[T]()
    for at in range(batch.columns()):
        ref name = slots[at].name
        var column = String('column "', name, '"')
        var said = fault_of[T](metadata, altered[T](batch, at, Change.DROPPED))
        assert_true(
            said.startswith(
                String('SchemaError: record batch: no column "', name, '"')
            ),
            said,
        )
        said = fault_of[T](metadata, altered[T](batch, at, Change.TWICE))
        assert_true("are both called" in said, said)
        var expected = batch.column(at).type.name()
        said = fault_of[T](
            metadata, altered[T](batch, at, Change.OF_ANOTHER_TYPE)
        )
        var complaint = String(
            "SchemaError: ", column, ": it is Int16, expected ", expected
        )
        assert_true(said.startswith(complaint), said)
        var other = "8)" if batch.column(at).type.width == 16 else "16)"
        said = fault_of[T](
            metadata, altered[T](batch, at, Change.OF_ANOTHER_WIDTH)
        )
        complaint = String(
            column, ": it is FixedSizeBinary(", other, ", expected ", expected
        )
        assert_true(complaint in said, said)
        var with_null = altered[T](batch, at, Change.WITH_A_NULL)
        said = fault_of[T](metadata, with_null)
        if slots[at].stored.nullable:
            assert_equal(said, "none")
        else:
            assert_equal(
                said,
                String(
                    "SchemaError: ",
                    column,
                    ": 1 of 11 rows are null, expected none\n  try: fill or"
                    " drop them first",
                ),
            )


def check_metadata[T: Record & Equatable & Writable](records: List[T]) raises:
    var metadata = T.chunk_metadata(records)
    var batch = T.encode_batch(metadata, records)
    for pair in metadata.items():
        var less = metadata.copy()
        _ = less.pop(pair.key)
        var said = fault_of[T](less, batch)
        assert_true(
            said.startswith(
                String("SchemaError: metadata: no ", pair.key, ", found ")
            ),
            said,
        )
        var raised = False
        try:
            _ = T.encode_batch(less, records)
        except fault:
            raised = True
            assert_equal(String(fault), said)
        assert_true(raised)
        for value in ["", "-1", "100", "x", " 2", "2.", "1e1"]:
            var worse = metadata.copy()
            worse[pair.key] = String(value)
            said = fault_of[T](worse, batch)
            assert_true(
                said.startswith(
                    String(
                        "SchemaError: metadata: ",
                        pair.key,
                        ' is "',
                        value,
                        '", expected ',
                    )
                ),
                said,
            )
    var more = metadata.copy()
    more["class"] = "Something"
    same(T.decode_batch(more, T.encode_batch(more, records)), records)
    var other = metadata.copy()
    other["price_precision"] = "1"
    var said = String()
    try:
        _ = T.encode_batch(other, records)
    except fault:
        said = String(fault)
    assert_true(said.startswith("ArgumentError: record 0: it is of "), said)
    try:
        _ = T.chunk_metadata(records[0:0])
        said = "none"
    except fault:
        said = String(fault)
    assert_true(said.startswith("ArgumentError: chunk_metadata: no rec"), said)


def check_type[
    T: Record & Equatable & Writable
](records: List[T], *, nullable: Bool = False) raises:
    check_round_trips(records)
    check_slices(records)
    check_schema(records, nullable)
    check_damage(records)
    check_metadata(records)


def check_encoding[E: Encoding]() raises:
    comptime wide = E == Encoding.DECIMAL128
    check_type(bars[E]())
    check_type(quotes[E]())
    check_type(trades[E]())
    check_type(deltas[E](), nullable=wide)
    check_type(depths[E](), nullable=wide)


def test_fixed8() raises:
    check_encoding[Encoding.FIXED8]()


def test_fixed16() raises:
    check_encoding[Encoding.FIXED16]()


def test_decimal128() raises:
    check_encoding[Encoding.DECIMAL128]()


def test_schemas_are_those_of_nautilus_trader() raises:
    comptime B: StaticString = "FixedSizeBinary(8)"
    var bar = String()
    for pair in Bar[Encoding.FIXED8].get_schema_map().items():
        bar += String(pair.key, " ", pair.value, ", ")
    assert_equal(
        bar,
        String(
            "open {}, high {}, low {}, close {}, volume {}, ts_event UInt64,"
            " ts_init UInt64, "
        ).format(B, B, B, B, B),
    )
    var delta = String()
    for pair in OrderBookDelta[Encoding.DECIMAL128].get_schema_map().items():
        delta += String(pair.key, " ", pair.value, "; ")
    assert_equal(
        delta,
        (
            "action UInt8; side UInt8; price Decimal128(38, 16); size"
            " Decimal128(38, 16); order_id UInt64; flags UInt8; sequence"
            ' UInt64; ts_event Timestamp(Nanosecond, Some("UTC")); ts_init'
            ' Timestamp(Nanosecond, Some("UTC")); '
        ),
    )
    var names = List[String]()
    for pair in OrderBookDepth10[Encoding.FIXED16].get_schema_map().items():
        names.append(pair.key)
    assert_equal(len(names), 64)
    var groups: List[String] = [
        "bid_price",
        "ask_price",
        "bid_size",
        "ask_size",
        "bid_count",
        "ask_count",
    ]
    for i in range(60):
        assert_equal(names[i], String(groups[i // 10], "_", i % 10))
    assert_equal(names[60], "flags")
    assert_equal(names[61], "sequence")
    assert_equal(names[62], "ts_event")
    assert_equal(names[63], "ts_init")


def test_records_read_as_nautilus_trader_writes_them() raises:
    comptime E = Encoding.FIXED8
    var of = Subject[E, "bar_type"](BAR_TYPE, 5, 0)
    var bar = Bar[E](
        of,
        1_084_000_000,
        1_084_210_000,
        1_083_990_000,
        -1_084_000_001,
        312_000_000_000,
        7,
        8,
    )
    # The last price has more decimals than the precision: none is dropped.
    assert_equal(
        String(bar), BAR_TYPE + ",1.08400,1.08421,1.08399,-1.084000001,312,7"
    )
    var instrument = Subject[E]("BTC-PERP.DYDX", 1, 3)
    assert_equal(
        String(
            TradeTick[E](
                instrument,
                42_000_500_000_000,
                1_500_000_000,
                AggressorSide.SELLER,
                "id-1",
                9,
                10,
            )
        ),
        "BTC-PERP.DYDX,42000.5,1.500,SELLER,id-1,9",
    )
    assert_equal(
        String(
            OrderBookDelta[E](
                instrument,
                BookAction.CLEAR,
                OrderSide.NO_ORDER_SIDE,
                Price[E, True].UNDEFINED,
                Quantity[E, True].UNDEFINED,
                0,
                32,
                77,
                9,
                10,
            )
        ),
        "BTC-PERP.DYDX,CLEAR,NO_ORDER_SIDE,undefined,undefined,0,32,77,9,10",
    )


def code_fault(column: String, code: UInt8) raises -> String:
    """What decoding says of a batch of changes with one code that is none."""
    comptime T = OrderBookDelta[Encoding.FIXED8]
    var records = deltas[Encoding.FIXED8]()
    if column == "action":
        records[6].action = BookAction(code)
    else:
        records[6].side = OrderSide(code)
    # Encoding refuses it, so it is put into the column afterwards.
    var good = deltas[Encoding.FIXED8]()
    var metadata = T.chunk_metadata(good)
    var batch = T.encode_batch(metadata, good)
    var at = batch.schema[].find(column)
    var bytes = Pointer[UInt8, MutUntrackedOrigin](
        unsafe_from_address=batch.column(at).buffers[1]
    )
    bytes[unsafe_offset=6] = code
    var said = fault_of[T](metadata, batch)
    var also = String()
    try:
        _ = T.encode_batch(metadata, records)
    except fault:
        also = String(fault)
    assert_equal(also, said)
    return said


def test_codes_that_are_none_are_refused() raises:
    assert_equal(
        code_fault("action", 0),
        'SchemaError: column "action": row 6 holds 0, expected 1 to 4',
    )
    assert_equal(
        code_fault("action", 5),
        'SchemaError: column "action": row 6 holds 5, expected 1 to 4',
    )
    assert_equal(
        code_fault("side", 255),
        'SchemaError: column "side": row 6 holds 255, expected 0 to 2',
    )


def encode_fault[T: Record](records: List[T]) raises -> String:
    try:
        _ = T.encode_batch(T.chunk_metadata(records), records)
    except fault:
        return String(fault)
    return "none"


def test_what_decimals_do_not_hold_is_refused() raises:
    comptime E = Encoding.DECIMAL128
    comptime NINES = "99999999999999999999999999999999999999"
    var list = bars[E]()
    list[2].open = Price[E].UNDEFINED
    assert_equal(
        encode_fault(list),
        String(
            'SchemaError: column "open": row 2 holds ',
            Int128.MAX,
            ", expected -",
            NINES,
            " to ",
            NINES,
        ),
    )
    list = bars[E]()
    list[3].volume = Quantity[E].UNDEFINED
    assert_true('column "volume": row 3 holds' in encode_fault(list))
    list = bars[E]()
    list[4].ts_init = UnixNanos[E](UInt64(1) << 63)
    assert_true('column "ts_init": row 4 holds' in encode_fault(list))
    # A price that is wrong stays wrong: it is not undefined.
    var changes = deltas[E]()
    changes[1].price = Price[E, True].ERROR
    assert_true('column "price": row 1 holds -' in encode_fault(changes))


def test_negative_sizes_and_times_of_decimals_are_refused() raises:
    comptime T = Bar[Encoding.DECIMAL128]
    var list = bars[Encoding.DECIMAL128]()
    var metadata = T.chunk_metadata(list)
    for name in ["volume", "ts_event"]:
        var batch = T.encode_batch(metadata, list)
        var column = batch.column(batch.schema[].find(name))
        var bytes = Pointer[UInt8, MutUntrackedOrigin](
            unsafe_from_address=column.buffers[1]
        )
        for i in range(column.type.width):
            bytes[unsafe_offset=i + 2 * column.type.width] = 0xFF
        var said = fault_of[T](metadata, batch)
        assert_true(
            said.startswith(
                String(
                    'SchemaError: column "',
                    name,
                    '": row 2 holds -1, expected 0 to ',
                )
            ),
            said,
        )
        _ = batch^


def test_what_a_null_row_holds_means_nothing() raises:
    comptime T = OrderBookDelta[Encoding.DECIMAL128]
    var list = deltas[Encoding.DECIMAL128]()
    var metadata = T.chunk_metadata(list)
    var batch = T.encode_batch(metadata, list)
    var column = batch.column(batch.schema[].find("price"))
    assert_true(column.null_count() > 0)
    for row in range(ROWS):
        if not column.validity()[row]:
            Pointer[Int128, MutUntrackedOrigin](
                unsafe_from_address=column.buffers[1]
            )[unsafe_offset=row] = Int128.MIN
    same(T.decode_batch(metadata, batch), list)


def test_texts_that_are_not_utf8_are_refused() raises:
    comptime T = TradeTick[Encoding.FIXED8]
    var list = trades[Encoding.FIXED8]()
    var metadata = T.chunk_metadata(list)
    var batch = T.encode_batch(metadata, list)
    var column = batch.column(batch.schema[].find("trade_id"))
    Pointer[UInt8, MutUntrackedOrigin](unsafe_from_address=column.buffers[2])[
        unsafe_offset=2
    ] = 0xFF
    assert_equal(
        fault_of[T](metadata, batch),
        'SchemaError: column "trade_id": row 2 is not UTF-8',
    )


def test_a_single_array_is_no_batch() raises:
    comptime T = QuoteTick[Encoding.FIXED8]
    var list = quotes[Encoding.FIXED8]()
    var metadata = T.chunk_metadata(list)
    var maker = BatchMaker(rows=2)
    maker.add("x", "l", [Int64(1), 2])
    var other = maker^.finish()
    assert_equal(
        fault_of[T](metadata, other),
        (
            'SchemaError: record batch: no column "bid_price"\n  try: one'
            " of x"
        ),
    )
    assert_equal(
        fault_of[T](other.schema[].metadata(), other),
        (
            "SchemaError: metadata: no instrument_id, found nothing\n  try:"
            " the metadata of the schema that the batches came with"
        ),
    )


def subject_fault[key: StaticString](identity: String) raises -> String:
    try:
        _ = Subject[Encoding.FIXED8, key](identity)
    except fault:
        return String(fault)
    return "none"


def test_identities_are_looked_at() raises:
    for good in ["A.B", "BTC-USD-PERP.DYDX", "BRK.B.XNYS"]:
        assert_equal(subject_fault["instrument_id"](String(good)), "none")
        var kinds = [
            "-1-MINUTE-LAST-EXTERNAL",
            "-1-HOUR-BID-INTERNAL@5-MINUTE-EXTERNAL",
        ]
        for kind in kinds:
            assert_equal(subject_fault["bar_type"](good + kind), "none")
    assert_equal(subject_fault["own"]("x"), "none")
    assert_equal(
        subject_fault["own"](""),
        'SchemaError: metadata: own is "", expected a text that is not empty',
    )
    for bad in ["", "AB", ".B", "A."]:
        assert_equal(
            subject_fault["instrument_id"](String(bad)),
            String(
                'SchemaError: metadata: instrument_id is "',
                bad,
                '", expected a symbol and a venue, such as EUR/USD.SIM',
            ),
        )
        assert_true(
            "such as EUR/USD.SIM-1-MINUTE"
            in subject_fault["bar_type"](bad + "-1-MINUTE-LAST-EXTERNAL")
        )
    for bad in ["A.B", "A.B-1-MINUTE-LAST", "A.B-1-MINUTE-LAST-OUTSIDE"]:
        assert_true(
            "such as EUR/USD.SIM-1-MINUTE"
            in subject_fault["bar_type"](String(bad))
        )
    var said = String()
    try:
        _ = Subject[Encoding.FIXED8]("A.B", price_precision=10)
    except fault:
        said = String(fault)
    assert_equal(
        said,
        (
            "SchemaError: metadata: price_precision is 10, expected a number"
            " from 0 to 9 as in fixed8"
        ),
    )


def test_records_of_two_instruments_do_not_share_a_batch() raises:
    comptime E = Encoding.FIXED8
    var list = quotes[E]()
    list[4].of = Subject[E]("OTHER.XNYS", 2, 3)
    assert_equal(
        encode_fault(list),
        (
            "ArgumentError: record 4: it is of instrument_id=OTHER.XNYS"
            " price_precision=2 size_precision=3, but the metadata says"
            " instrument_id=BRK.B.XNYS price_precision=2 size_precision=3\n  try:"
            " a batch for each of them"
        ),
    )


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
