//! Numbers that look random and are the same for the same seed (SplitMix64).

pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Another sequence for each number.
    pub(crate) fn fork(&mut self, number: u64) -> Self {
        Self(self.next() ^ number.wrapping_mul(0xD6E8_FEB8_6659_FD93))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub(crate) fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.below(among.len())]
    }
}

/// `ASSIZE_TEST_SEED`, or one that was chosen once; printed, so that a failure can be had again.
pub(crate) fn seed(test: &str) -> u64 {
    let given = std::env::var("ASSIZE_TEST_SEED").ok();
    let seed = given.map_or(0x0A55_12E0, |text| {
        text.parse().expect("ASSIZE_TEST_SEED is a number")
    });
    println!("{test}: ASSIZE_TEST_SEED={seed}");
    seed
}
