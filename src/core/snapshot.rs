//! The form in which a state leaves the core: versioned, checksummed, the same bytes for the same state.
//!
//! `ASZ` and the kind (4 bytes), format version (1 byte), payload, CRC-32 of all before it (4 bytes).
//! Numbers are little-endian. A reader takes everything or nothing.

/// Why bytes are no snapshot that can be restored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// The bytes do not begin as a snapshot does.
    #[error("these bytes are not a snapshot")]
    Foreign,
    /// A snapshot of something else.
    #[error("this is a snapshot of a {found}, not of a {expected}")]
    WrongKind {
        /// What was to be restored.
        expected: &'static str,
        /// What the snapshot holds.
        found: &'static str,
    },
    /// Written in a format that this version does not know.
    #[error(
        "the snapshot has format version {found}; this build reads {supported}, use one that knows it"
    )]
    Version {
        /// The snapshot's format version.
        found: u8,
        /// The format version that is read here.
        supported: u8,
    },
    /// The checksum does not fit: bytes were changed or lost.
    #[error("the snapshot is damaged: its checksum does not fit")]
    Checksum,
    /// The checksum fits, but a value is impossible.
    #[error("the snapshot is malformed: {0}")]
    Malformed(&'static str),
}

/// What a snapshot holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    CycleGovernor,
    SessionGovernor,
    KnowledgeBase,
    Gate,
    GateFlight,
    PhaseMemory,
    MemoryChunk,
    SynapticMemory,
    Controller,
}

impl Kind {
    const ALL: [Self; 9] = [
        Self::CycleGovernor,
        Self::SessionGovernor,
        Self::KnowledgeBase,
        Self::Gate,
        Self::GateFlight,
        Self::PhaseMemory,
        Self::MemoryChunk,
        Self::SynapticMemory,
        Self::Controller,
    ];

    const fn tag(self) -> u8 {
        match self {
            Self::CycleGovernor => b'c',
            Self::SessionGovernor => b's',
            Self::KnowledgeBase => b'k',
            Self::Gate => b'g',
            Self::GateFlight => b'f',
            Self::PhaseMemory => b'm',
            Self::MemoryChunk => b'n',
            Self::SynapticMemory => b'y',
            Self::Controller => b'o',
        }
    }

    /// The format version that is written and read.
    const fn version(self) -> u8 {
        match self {
            Self::CycleGovernor
            | Self::SessionGovernor
            | Self::KnowledgeBase
            | Self::Gate
            | Self::GateFlight
            | Self::PhaseMemory
            | Self::MemoryChunk
            | Self::SynapticMemory
            | Self::Controller => 1,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::CycleGovernor => "cycle governor",
            Self::SessionGovernor => "session governor",
            Self::KnowledgeBase => "knowledge base",
            Self::Gate => "gate",
            Self::GateFlight => "request of a gate",
            Self::PhaseMemory => "phase memory",
            Self::MemoryChunk => "chunk of a phase memory",
            Self::SynapticMemory => "synaptic memory",
            Self::Controller => "controller",
        }
    }
}

const MAGIC: [u8; 3] = *b"ASZ";
const CHECKSUM_BYTES: usize = 4;
/// Sixteen tables, for memories have many megabytes.
static CHECKSUM: crc::Crc<u32, crc::Table<16>> =
    crc::Crc::<u32, crc::Table<16>>::new(&crc::CRC_32_ISO_HDLC);

/// Writes a snapshot.
#[derive(Debug)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(crate) fn new(kind: Kind) -> Self {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(&MAGIC);
        bytes.push(kind.tag());
        bytes.push(kind.version());
        Self { bytes }
    }

    /// A part of a snapshot, for [`Writer::append`].
    pub(crate) const fn raw() -> Self {
        Self { bytes: Vec::new() }
    }

    /// Makes room, so that a large snapshot is not copied while it grows.
    pub(crate) fn reserve(&mut self, bytes: usize) {
        self.bytes.reserve(bytes);
    }

    pub(crate) fn append(&mut self, part: &Self) {
        self.bytes(&part.bytes);
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    pub(crate) fn boolean(&mut self, value: bool) {
        self.u8(u8::from(value));
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn f64(&mut self, value: f64) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn length(&mut self, value: usize) {
        self.bytes.extend_from_slice(&(value as u64).to_le_bytes());
    }

    pub(crate) fn text(&mut self, value: &str) {
        self.length(value.len());
        self.bytes.extend_from_slice(value.as_bytes());
    }

    pub(crate) fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.boolean(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }

    /// A number in groups of seven bits, the lowest first: small ones are short.
    pub(crate) fn number(&mut self, mut value: u64) {
        while value > 0x7f {
            self.u8(value as u8 | 0x80);
            value >>= 7;
        }
        self.u8(value as u8);
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        let checksum = CHECKSUM.checksum(&self.bytes);
        self.u32(checksum);
        self.bytes
    }
}

/// Reads a snapshot whose frame was checked.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn open(expected: Kind, snapshot: &'a [u8]) -> Result<Self, SnapshotError> {
        let rest = snapshot
            .strip_prefix(&MAGIC)
            .ok_or(SnapshotError::Foreign)?;
        let (&tag, rest) = rest.split_first().ok_or(SnapshotError::Foreign)?;
        let kind = Kind::ALL
            .into_iter()
            .find(|kind| kind.tag() == tag)
            .ok_or(SnapshotError::Foreign)?;
        let (&version, rest) = rest.split_first().ok_or(SnapshotError::Foreign)?;
        if version != kind.version() {
            return Err(SnapshotError::Version {
                found: version,
                supported: kind.version(),
            });
        }
        let (payload, stored) = rest
            .split_last_chunk::<CHECKSUM_BYTES>()
            .ok_or(SnapshotError::Checksum)?;
        let framed = snapshot
            .split_last_chunk::<CHECKSUM_BYTES>()
            .map_or(snapshot, |(framed, _)| framed);
        if CHECKSUM.checksum(framed) != u32::from_le_bytes(*stored) {
            return Err(SnapshotError::Checksum);
        }
        if kind != expected {
            return Err(SnapshotError::WrongKind {
                expected: expected.name(),
                found: kind.name(),
            });
        }
        Ok(Self { rest: payload })
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], SnapshotError> {
        let (taken, rest) = self
            .rest
            .split_first_chunk::<N>()
            .ok_or(SnapshotError::Malformed("it ends too early"))?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, SnapshotError> {
        self.take::<1>().map(|[byte]| byte)
    }

    pub(crate) fn boolean(&mut self) -> Result<bool, SnapshotError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(SnapshotError::Malformed("a boolean is neither 0 nor 1")),
        }
    }

    pub(crate) fn u32(&mut self) -> Result<u32, SnapshotError> {
        self.take().map(u32::from_le_bytes)
    }

    /// A finite number.
    pub(crate) fn f64(&mut self) -> Result<f64, SnapshotError> {
        let value = self.take().map(f64::from_le_bytes)?;
        if value.is_finite() {
            Ok(value)
        } else {
            Err(SnapshotError::Malformed("a number is not finite"))
        }
    }

    pub(crate) fn length(
        &mut self,
        limit: usize,
        what: &'static str,
    ) -> Result<usize, SnapshotError> {
        let value = self.take().map(u64::from_le_bytes)?;
        usize::try_from(value)
            .ok()
            .filter(|length| *length <= limit)
            .ok_or(SnapshotError::Malformed(what))
    }

    pub(crate) fn text(&mut self) -> Result<String, SnapshotError> {
        let length = self.length(self.rest.len(), "a text ends too early")?;
        let (text, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(SnapshotError::Malformed("a text ends too early"))?;
        self.rest = rest;
        std::str::from_utf8(text)
            .map(str::to_owned)
            .map_err(|_| SnapshotError::Malformed("a text is not UTF-8"))
    }

    pub(crate) fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, SnapshotError>,
    ) -> Result<Option<T>, SnapshotError> {
        if self.boolean()? {
            read(self).map(Some)
        } else {
            Ok(None)
        }
    }

    /// One of `choices`, stored as its position.
    pub(crate) fn choice<T: Copy>(
        &mut self,
        choices: &[T],
        what: &'static str,
    ) -> Result<T, SnapshotError> {
        choices
            .get(usize::from(self.u8()?))
            .copied()
            .ok_or(SnapshotError::Malformed(what))
    }

    /// Bytes that are left.
    pub(crate) const fn left(&self) -> usize {
        self.rest.len()
    }

    /// A number in groups of seven bits, the lowest first.
    #[inline]
    pub(crate) fn number(&mut self) -> Result<u64, SnapshotError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let group = u64::from(byte & 0x7f);
            let shifted = group << shift;
            if shifted >> shift != group {
                break;
            }
            value |= shifted;
            if byte & 0x80 == 0 {
                // What is written is as short as it can be, so that equal states have equal bytes.
                if byte == 0 && shift > 0 {
                    break;
                }
                return Ok(value);
            }
        }
        Err(SnapshotError::Malformed("a number is too long"))
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8], SnapshotError> {
        let (bytes, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(SnapshotError::Malformed("it ends too early"))?;
        self.rest = rest;
        Ok(bytes)
    }

    pub(crate) fn finish(self) -> Result<(), SnapshotError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(SnapshotError::Malformed("bytes follow its end"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        let checksum = CHECKSUM.checksum(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    #[test]
    fn numbers_are_as_short_as_they_can_be() {
        let read = |bytes: &[u8]| Reader { rest: bytes }.number();
        assert_eq!(read(&[0]), Ok(0));
        assert_eq!(read(&[0x80, 1]), Ok(128));
        for longer in [&[0x80, 0][..], &[0x81, 0], &[0xff, 0x80, 0]] {
            let error = Err(SnapshotError::Malformed("a number is too long"));
            assert_eq!(read(longer), error, "{longer:?}");
        }
    }

    #[test]
    fn each_kind_of_damage_has_its_error() {
        let open = |bytes: &[u8]| Reader::open(Kind::CycleGovernor, bytes).map(|_| ());
        assert_eq!(open(b""), Err(SnapshotError::Foreign));
        assert_eq!(open(b"{\"left\":1}"), Err(SnapshotError::Foreign));
        assert_eq!(open(b"ASZx\x01aaaa"), Err(SnapshotError::Foreign));
        assert_eq!(open(b"ASZc\x01abc"), Err(SnapshotError::Checksum));
        assert_eq!(open(b"ASZc\x01aaaa"), Err(SnapshotError::Checksum));
        assert_eq!(
            open(&sealed(b"ASZc\x09")),
            Err(SnapshotError::Version {
                found: 9,
                supported: 1
            })
        );
        assert_eq!(
            open(&sealed(b"ASZs\x01")).unwrap_err().to_string(),
            "this is a snapshot of a session governor, not of a cycle governor"
        );
        assert_eq!(open(&sealed(b"ASZc\x01")), Ok(()));
    }
}
