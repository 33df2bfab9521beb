//! Texts in blocks of one size, in memory that is set aside once: nothing fragments, and what is
//! forgotten is overwritten with zeros.

use super::{NoRoom, reserve};

pub(super) const BLOCK_BYTES: usize = 128;
const NONE: u32 = u32::MAX;

/// The blocks that hold one entry's source name and text, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chain {
    first: u32,
    /// Bytes of the name; 0 for none.
    pub(super) name_bytes: u32,
    /// Bytes of the text; 0 for none.
    pub(super) text_bytes: u32,
}

#[derive(Debug)]
pub(super) struct Texts {
    blocks: Vec<[u8; BLOCK_BYTES]>,
    /// The block that follows in a chain, or in the list of free ones.
    next: Vec<u32>,
    first_free: u32,
    used: usize,
    capacity: usize,
}

impl Texts {
    pub(super) fn new(capacity: usize) -> Result<Self, NoRoom> {
        Ok(Self {
            blocks: reserve(capacity)?,
            next: reserve(capacity)?,
            first_free: NONE,
            used: 0,
            capacity,
        })
    }

    pub(super) const fn blocks_of(name: &str, text: &str) -> usize {
        (name.len() + text.len()).div_ceil(BLOCK_BYTES)
    }

    pub(super) const fn free_blocks(&self) -> usize {
        self.capacity - self.used
    }

    pub(super) const fn used_bytes(&self) -> usize {
        self.used * BLOCK_BYTES
    }

    /// Bytes of memory that are set aside for a number of blocks.
    pub(super) const fn bytes_of(capacity: usize) -> usize {
        capacity * (BLOCK_BYTES + size_of::<u32>())
    }

    pub(super) fn bytes(&self) -> usize {
        self.blocks.capacity() * BLOCK_BYTES + self.next.capacity() * size_of::<u32>()
    }

    /// Keeps a name and a text, for which there are enough free blocks.
    pub(super) fn keep(&mut self, name: &str, text: &str) -> Chain {
        let mut bytes = name.bytes().chain(text.bytes());
        let mut first = NONE;
        let mut last = NONE;
        for _ in 0..Self::blocks_of(name, text) {
            let block = self.take();
            if let Some(to) = self.blocks.get_mut(block as usize) {
                for (to, byte) in to.iter_mut().zip(&mut bytes) {
                    *to = byte;
                }
            }
            match self.next.get_mut(last as usize) {
                Some(next) => *next = block,
                None => first = block,
            }
            last = block;
        }
        Chain {
            first,
            name_bytes: name.len() as u32,
            text_bytes: text.len() as u32,
        }
    }

    fn take(&mut self) -> u32 {
        self.used += 1;
        if let Some(next) = self.next.get_mut(self.first_free as usize) {
            let block = self.first_free;
            self.first_free = *next;
            *next = NONE;
            return block;
        }
        self.blocks.push([0; BLOCK_BYTES]);
        self.next.push(NONE);
        self.blocks.len() as u32 - 1
    }

    /// Overwrites and gives back the blocks of a chain.
    pub(super) fn release(&mut self, chain: Chain) {
        let mut block = chain.first;
        while let (Some(bytes), Some(next)) = (
            self.blocks.get_mut(block as usize),
            self.next.get_mut(block as usize),
        ) {
            bytes.fill(0);
            let after = *next;
            *next = self.first_free;
            self.first_free = block;
            self.used -= 1;
            block = after;
        }
    }

    fn bytes_in(&self, chain: Chain) -> impl Iterator<Item = u8> {
        let blocks = std::iter::successors(Some(chain.first), |block| {
            self.next.get(*block as usize).copied()
        });
        blocks
            .map_while(|block| self.blocks.get(block as usize))
            .flatten()
            .copied()
    }

    /// The name and the text of a chain.
    pub(super) fn read(&self, chain: Chain) -> (Option<String>, Option<String>) {
        let mut bytes = self.bytes_in(chain);
        let mut part = |length: u32| {
            let part: Vec<u8> = bytes.by_ref().take(length as usize).collect();
            (length > 0).then(|| String::from_utf8_lossy(&part).into_owned())
        };
        (part(chain.name_bytes), part(chain.text_bytes))
    }

    /// Whether the chain's name is this one.
    pub(super) fn is_named(&self, chain: Chain, name: &str) -> bool {
        chain.name_bytes as usize == name.len()
            && self.bytes_in(chain).take(name.len()).eq(name.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_used_again_and_hold_nothing_once_free() {
        let mut texts = Texts::new(5).unwrap();
        let long = "é".repeat(150);
        let first = texts.keep("crm", &long);
        let second = texts.keep("", "short");
        assert_eq!((texts.free_blocks(), texts.used_bytes()), (1, 512));
        assert_eq!(
            texts.read(first),
            (Some("crm".to_owned()), Some(long.clone()))
        );
        assert_eq!(texts.read(second), (None, Some("short".to_owned())));
        assert!(texts.is_named(first, "crm") && !texts.is_named(first, "crn"));
        assert!(!texts.is_named(first, "cr") && !texts.is_named(second, "s"));
        texts.release(first);
        assert_eq!(texts.free_blocks(), 4);
        let left = texts.blocks.iter().flatten().filter(|byte| **byte != 0);
        assert_eq!(left.count(), "short".len());
        let third = texts.keep("", &"x".repeat(512));
        assert_eq!((texts.free_blocks(), texts.blocks.len()), (0, 5));
        assert_eq!(texts.read(third).1.unwrap().len(), 512);
        assert_eq!(texts.bytes(), Texts::bytes_of(5));
        let none = texts.keep("", "");
        assert_eq!(texts.read(none), (None, None));
        texts.release(none);
    }
}
