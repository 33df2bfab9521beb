//! A term in one word.

/// A tagged word. What its payload is depends on its tag; see the functions that make it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Cell(u64);

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Tag {
    /// A variable: the place of its value on the heap, its own place while it is unbound.
    Reference = 0,
    /// A whole number of 61 bits.
    Integer = 1,
    /// Null, a boolean, the empty list, or a string.
    Constant = 2,
    /// The place of a header, which its arguments follow.
    Structure = 3,
    /// The place of a list's first item, which its rest follows.
    Pair = 4,
    /// The place of the bits of a float.
    Float = 5,
    /// A number in the machine's table of big integers.
    Big = 6,
    /// On the heap, a header: functor and number of arguments. In a program, a number in its table of constants.
    Other = 7,
}

const TAG_BITS: u32 = 3;
const TAG_MASK: u64 = (1 << TAG_BITS) - 1;
// A functor has 32 bits, and a word has 61 beside its tag. No bound on bytes permits a term of more parts.
const ARITY_BITS: u32 = 28;
const ARITY_MASK: u64 = (1 << ARITY_BITS) - 1;
const LARGEST_INTEGER: i64 = (1 << 60) - 1;
const SMALLEST_INTEGER: i64 = -(1 << 60);

impl Cell {
    pub(crate) const NULL: Self = Self::constant(0);
    pub(crate) const FALSE: Self = Self::constant(1);
    pub(crate) const TRUE: Self = Self::constant(2);
    pub(crate) const EMPTY_LIST: Self = Self::constant(3);
    /// The first constant that is a string.
    pub(crate) const FIRST_STRING: u32 = 4;

    const fn new(tag: Tag, payload: u64) -> Self {
        Self(payload << TAG_BITS | tag as u64)
    }

    #[inline(always)]
    pub(crate) const fn reference(place: usize) -> Self {
        Self::new(Tag::Reference, place as u64)
    }

    #[inline(always)]
    pub(crate) const fn constant(number: u32) -> Self {
        Self::new(Tag::Constant, number as u64)
    }

    pub(crate) const fn boolean(truth: bool) -> Self {
        if truth { Self::TRUE } else { Self::FALSE }
    }

    /// None where it has more than 61 bits.
    #[inline(always)]
    pub(crate) const fn integer(number: i64) -> Option<Self> {
        if number < SMALLEST_INTEGER || number > LARGEST_INTEGER {
            return None;
        }
        Some(Self((number << TAG_BITS) as u64 | Tag::Integer as u64))
    }

    #[inline(always)]
    pub(crate) const fn structure(place: usize) -> Self {
        Self::new(Tag::Structure, place as u64)
    }

    #[inline(always)]
    pub(crate) const fn pair(place: usize) -> Self {
        Self::new(Tag::Pair, place as u64)
    }

    pub(crate) const fn float(place: usize) -> Self {
        Self::new(Tag::Float, place as u64)
    }

    pub(crate) const fn big(number: usize) -> Self {
        Self::new(Tag::Big, number as u64)
    }

    pub(crate) const fn stored(number: u32) -> Self {
        Self::new(Tag::Other, number as u64)
    }

    pub(crate) const fn header(functor: u32, arity: u32) -> Self {
        Self::new(Tag::Other, (functor as u64) << ARITY_BITS | arity as u64)
    }

    pub(crate) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    #[inline(always)]
    pub(crate) const fn bits(self) -> u64 {
        self.0
    }

    #[inline(always)]
    pub(crate) fn tag(self) -> Tag {
        // The numbers of the tags, so this becomes no branch.
        match self.0 & TAG_MASK {
            0 => Tag::Reference,
            1 => Tag::Integer,
            2 => Tag::Constant,
            3 => Tag::Structure,
            4 => Tag::Pair,
            5 => Tag::Float,
            6 => Tag::Big,
            _ => Tag::Other,
        }
    }

    #[inline(always)]
    pub(crate) const fn is(self, tag: Tag) -> bool {
        self.0 & TAG_MASK == tag as u64
    }

    /// Whether equal words are equal terms and different words different ones.
    #[inline(always)]
    pub(crate) const fn is_atomic(self) -> bool {
        self.is(Tag::Integer) || self.is(Tag::Constant)
    }

    #[inline(always)]
    pub(crate) const fn payload(self) -> u64 {
        self.0 >> TAG_BITS
    }

    #[inline(always)]
    pub(crate) const fn place(self) -> usize {
        self.payload() as usize
    }

    #[inline(always)]
    pub(crate) const fn as_integer(self) -> i64 {
        self.0 as i64 >> TAG_BITS
    }

    pub(crate) const fn arity(self) -> usize {
        (self.payload() & ARITY_MASK) as usize
    }

    pub(crate) const fn functor(self) -> u32 {
        (self.payload() >> ARITY_BITS) as u32
    }

    /// The same payload under another tag.
    pub(crate) const fn with_tag(self, tag: Tag) -> Self {
        Self(self.0 & !TAG_MASK | tag as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_keep_their_sign_within_61_bits() {
        for number in [0, 1, -1, LARGEST_INTEGER, SMALLEST_INTEGER] {
            assert_eq!(Cell::integer(number).map(Cell::as_integer), Some(number));
        }
        assert_eq!(Cell::integer(LARGEST_INTEGER + 1), None);
        assert_eq!(Cell::integer(SMALLEST_INTEGER - 1), None);
    }

    #[test]
    fn a_header_holds_functor_and_arity() {
        let header = Cell::header(u32::MAX, (1 << 28) - 1);
        assert_eq!(
            (header.functor(), header.arity()),
            (u32::MAX, (1 << 28) - 1)
        );
        assert_eq!(header.with_tag(Tag::Structure).tag(), Tag::Structure);
        assert_eq!(header.with_tag(Tag::Structure).functor(), u32::MAX);
    }
}
