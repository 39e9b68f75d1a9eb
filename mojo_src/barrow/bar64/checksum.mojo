"""CRC-32C, the Castagnoli polynomial: by the instruction x86 has for it, or by a table.

The instruction takes three cycles for eight bytes and one can start every cycle, so
whoever wants speed computes the checksums of several records at once.
"""

from std.sys import CompilationTarget
from std.sys.intrinsics import llvm_intrinsic

from barrow.fence import ByteView

comptime _POLYNOMIAL: UInt32 = 0x82F6_3B78  # its bits in reverse, as the algorithm takes them
comptime _ALL_ONES: UInt32 = 0xFFFF_FFFF


struct Crc32c(ImplicitlyCopyable):
    """A checksum in the making."""

    var _state: UInt32

    @always_inline
    def __init__(out self):
        """Starts before the first byte."""
        self._state = _ALL_ONES

    @always_inline
    def add64(mut self, word: UInt64):
        """Takes eight bytes.

        Args:
            word: The bytes, the first one lowest.
        """
        comptime if CompilationTarget.is_x86():
            self._state = llvm_intrinsic[
                "llvm.x86.sse42.crc32.64.64", UInt64, has_side_effect=False
            ](self._state.cast[DType.uint64](), word).cast[DType.uint32]()
        else:
            self.add32(word.cast[DType.uint32]())
            self.add32((word >> 32).cast[DType.uint32]())

    @always_inline
    def add32(mut self, word: UInt32):
        """Takes four bytes.

        Args:
            word: The bytes, the first one lowest.
        """
        comptime if CompilationTarget.is_x86():
            self._state = llvm_intrinsic[
                "llvm.x86.sse42.crc32.32.32", UInt32, has_side_effect=False
            ](self._state, word)
        else:
            comptime for byte in range(4):
                self.add8((word >> UInt32(8 * byte)).cast[DType.uint8]())

    @always_inline
    def add8(mut self, byte: UInt8):
        """Takes a byte.

        Args:
            byte: The byte.
        """
        comptime if CompilationTarget.is_x86():
            self._state = llvm_intrinsic[
                "llvm.x86.sse42.crc32.32.8", UInt32, has_side_effect=False
            ](self._state, byte)
        else:
            self._state = _shift8(self._state ^ byte.cast[DType.uint32]())

    @always_inline
    def value(self) -> UInt32:
        """Returns the checksum of the bytes taken so far.

        Returns:
            The checksum.
        """
        return self._state ^ _ALL_ONES


@always_inline
def _shift8(state: UInt32) -> UInt32:
    var shifted = state
    comptime for _ in range(8):
        shifted = (shifted >> 1) ^ (_POLYNOMIAL & -(shifted & 1))
    return shifted


def crc32c(bytes: ByteView) -> UInt32:
    """Computes the checksum of some bytes.

    Args:
        bytes: The bytes.

    Returns:
        The checksum; 0xE3069283 of the text `123456789`.
    """
    var crc = Crc32c()
    var at = 0
    while at + 8 <= len(bytes):
        var word = UInt64(0)
        comptime for byte in range(8):
            word |= bytes[at + byte].cast[DType.uint64]() << UInt64(8 * byte)
        crc.add64(word)
        at += 8
    while at < len(bytes):
        crc.add8(bytes[at])
        at += 1
    return crc.value()


def crc32c_by_table(bytes: ByteView) -> UInt32:
    """Computes the same, byte by byte and on any machine; what tests compare with.

    Args:
        bytes: The bytes.

    Returns:
        The checksum.
    """
    var table = List[UInt32](capacity=256)
    for byte in range(256):
        table.append(_shift8(UInt32(byte)))
    var state = _ALL_ONES
    for at in range(len(bytes)):
        var index = (state ^ bytes[at].cast[DType.uint32]()) & 0xFF
        state = (state >> 8) ^ table[Int(index)]
    return state ^ _ALL_ONES
