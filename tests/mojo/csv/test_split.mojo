"""Where the fields of a row are."""

from std.random import random_ui64, seed
from std.testing import TestSuite, assert_equal, assert_true

from barrow.csv import FieldSpans, RowSpan, split_row
from barrow.errors import Reason
from barrow.fence import ByteView

comptime COMMA = UInt8(ord(","))
comptime QUOTE = UInt8(ord('"'))


struct Row(Copyable):
    """A row of a text, its fields joined with bars."""

    var fields: String
    var next: Int
    var lines: Int
    var reason: Reason

    def __init__(
        out self,
        text: String,
        begin: Int = 0,
        final: Bool = True,
        delimiter: UInt8 = COMMA,
    ):
        var view = ByteView(text.as_bytes())
        var spans = FieldSpans(8)
        var span = split_row(view, begin, final, delimiter, QUOTE, spans)
        self.next = span.next
        self.lines = span.lines
        self.reason = span.reason
        self.fields = String()
        for i in range(min(len(spans), 8)):
            if i > 0:
                self.fields += "|"
            self.fields += view.slice(spans.begins[i], spans.ends[i]).text()


def test_fields_lie_between_delimiters() raises:
    for entry in [
        ("a,bb,c\n", "a|bb|c"),
        ("a,,\n", "a||"),
        ("\n", ""),
        (" a ,\tb c\t\n", "a|b c"),
        ('"a","b,c"\n', "a|b,c"),
        ('" a " ,b\n', "a|b"),
        ('"a""b",c\n', 'a""b|c'),
        ('a"b,c"\n', 'a"b|c"'),
        ('"",x\n', "|x"),
    ]:
        var row = Row(entry[0])
        assert_equal(row.fields, entry[1], entry[0])
        assert_equal(row.reason, Reason.OK)
        assert_equal(row.next, String(entry[0]).byte_length())
        assert_equal(row.lines, 1)


def test_a_line_ends_with_any_of_three() raises:
    for text in ["a,b\n", "a,b\r\n", "a,b\r", "a,b"]:
        var row = Row(text)
        assert_equal(row.fields, "a|b", text)
        assert_equal(row.next, String(text).byte_length())
    assert_equal(Row("a\rb\n").next, 2)
    assert_equal(Row("a\n\rb").next, 2)


def test_a_blank_that_is_the_delimiter_ends_a_field() raises:
    assert_equal(Row("a\t b\t\n", delimiter=UInt8(ord("\t"))).fields, "a|b|")
    assert_equal(Row("a b\t\n", delimiter=UInt8(ord(" "))).fields, "a|b")


def test_quotes_hold_delimiters_and_line_ends() raises:
    var row = Row('"a\nb\r\nc\rd",e\nf')
    assert_equal(row.fields, "a\nb\r\nc\rd|e")
    assert_equal(row.lines, 4)
    assert_equal(row.next, 13)


def test_a_fault_has_a_reason_and_the_row_still_ends() raises:
    for entry in [
        ('"a"x,b\n', Reason.TEXT_AFTER_QUOTE),
        ("a\0,b\n", Reason.NUL_BYTE),
        ('"a\0",b\n', Reason.NUL_BYTE),
        ('"a,b\nc', Reason.UNCLOSED_QUOTE),
    ]:
        var row = Row(entry[0])
        assert_equal(row.reason, entry[1], entry[0])
        assert_equal(row.next, String(entry[0]).byte_length())


def test_a_nul_byte_behind_a_closing_quote_is_a_fault_too() raises:
    assert_true(Row('"a"\0,b\n').reason != Reason.OK)


def test_a_row_without_its_end_is_not_complete() raises:
    for text in ["a", "a,", '"a', '"a"', "a\r"]:
        assert_equal(Row(String(text), final=False).next, -1, String(text))
    assert_equal(Row("a\r\n", final=False).next, 3)
    assert_equal(Row("a\rb", final=False).next, 2)


def test_more_fields_than_there_is_room_for_are_counted() raises:
    var text = String("1,2,3,4\n")
    var spans = FieldSpans(2)
    _ = split_row(ByteView(text.as_bytes()), 0, True, COMMA, QUOTE, spans)
    assert_equal(len(spans), 4)
    assert_equal(spans.begins[1], 2)


def test_a_row_is_the_same_wherever_it_starts() raises:
    var text = String('x,y\n"a",b\n')
    var row = Row(text, begin=4)
    assert_equal(row.fields, "a|b")
    assert_equal(row.next, 10)


def test_no_prefix_of_a_text_gives_another_row() raises:
    # A row found in part of a text is the row found in all of it.
    seed(20240102)
    comptime alphabet: List[StaticString] = [
        "a",
        ",",
        '"',
        "\n",
        "\r",
        " ",
        "\t",
        "1",
    ]
    for _ in range(50_000):
        var text = String()
        for _ in range(Int(random_ui64(1, 16))):
            text += materialize[alphabet]()[Int(random_ui64(0, 7))]
        var whole = Row(text)
        for end in range(1, text.byte_length()):
            var part = Row(String(text[byte=0:end]), final=False)
            if part.next >= 0:
                assert_equal(part.next, whole.next, text)
                assert_equal(part.fields, whole.fields, text)
                assert_equal(part.reason, whole.reason, text)
                assert_equal(part.lines, whole.lines, text)


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
