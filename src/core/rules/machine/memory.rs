//! The heap, the trail and the stack of frames.

#![expect(
    clippy::indexing_slicing,
    reason = "places on the heap and the stack are made by the machine alone, and a program's are checked when it is loaded"
)]

use super::{Alternative, Big, Choice, FRAME_HEADER, Machine, NONE};
use crate::limits::LimitReached;
use crate::rules::program::cell::{Cell, Tag};
use num_bigint::BigInt;
use std::sync::Arc;

/// Cells of one walk that cost nothing.
const FREE_CELLS: u32 = 1024;
/// Cells beyond them that cost a step.
const CELLS_OF_STEP: u32 = 64;

impl Machine {
    /// What a cell stands for: an unbound variable, or something that is none.
    #[inline(always)]
    pub(super) fn dereference(&self, mut cell: Cell) -> Cell {
        while cell.is(Tag::Reference) {
            let next = self.heap[cell.place()];
            if next == cell {
                break;
            }
            cell = next;
        }
        cell
    }

    #[inline(always)]
    pub(super) fn new_variable(&mut self) -> Cell {
        let cell = Cell::reference(self.heap.len());
        self.heap.push(cell);
        cell
    }

    #[inline(always)]
    pub(super) fn bind(&mut self, variable: Cell, value: Cell) {
        let place = variable.place();
        self.heap[place] = value;
        if place < self.boundary {
            self.trail.push(place as u32);
        }
    }

    #[inline(always)]
    pub(super) fn at(&self, place: usize) -> Cell {
        self.heap[place]
    }

    /// Where the next frame begins.
    #[inline(always)]
    pub(super) fn top(&self) -> usize {
        let of_frame = if self.frame == NONE {
            0
        } else {
            let frame = self.frame as usize;
            frame + FRAME_HEADER + (self.stack[frame + 1].bits() >> 32) as usize
        };
        let of_choice = self.choices.last().map_or(0, |choice| choice.top as usize);
        of_frame.max(of_choice)
    }

    /// Makes a frame that returns to the present frame and continuation.
    #[inline(always)]
    pub(super) fn allocate(&mut self, size: usize) {
        let start = self.top();
        let end = start + FRAME_HEADER + size;
        if self.stack.len() < end {
            self.stack.resize(end + end / 2, Cell::NULL);
        }
        self.stack[start] =
            Cell::from_bits(u64::from(self.continuation) << 32 | u64::from(self.frame));
        self.stack[start + 1] = Cell::from_bits((size as u64) << 32 | u64::from(self.depth));
        self.stack[start + FRAME_HEADER..end].fill(Cell::NULL);
        self.frame = start as u32;
    }

    #[inline(always)]
    pub(super) fn deallocate(&mut self) {
        let frame = self.frame as usize;
        let header = self.stack[frame].bits();
        self.depth = self.stack[frame + 1].bits() as u32;
        self.frame = header as u32;
        self.continuation = (header >> 32) as u32;
    }

    #[inline(always)]
    pub(super) fn frame_depth(&self) -> u32 {
        self.stack[self.frame as usize + 1].bits() as u32
    }

    /// The frame before one, and the instruction to go on with after it.
    pub(super) fn frame_link(&self, frame: u32) -> (u32, u32) {
        let header = self.stack[frame as usize].bits();
        (header as u32, (header >> 32) as u32)
    }

    pub(super) fn frame_size(&self, frame: u32) -> usize {
        (self.stack[frame as usize + 1].bits() >> 32) as usize
    }

    pub(super) fn frame_depth_of(&self, frame: u32) -> u32 {
        self.stack[frame as usize + 1].bits() as u32
    }

    #[inline(always)]
    pub(super) fn y_of(&self, frame: u32, slot: usize) -> Cell {
        self.stack[frame as usize + FRAME_HEADER + slot]
    }

    #[inline(always)]
    pub(crate) fn y(&self, slot: u8) -> Cell {
        self.y_of(self.frame, usize::from(slot))
    }

    #[inline(always)]
    pub(super) fn set_y(&mut self, slot: u8, cell: Cell) {
        self.stack[self.frame as usize + FRAME_HEADER + usize::from(slot)] = cell;
    }

    #[inline(always)]
    pub(super) fn push_choice(&mut self, alternative: Alternative) {
        let top = self.top() as u32;
        let choice = Choice {
            alternative,
            frame: self.frame,
            continuation: self.continuation,
            depth: self.depth,
            trail: self.trail.len() as u32,
            heap: self.heap.len() as u32,
            bigs: self.bigs.len() as u32,
            top,
            saved: self.saved.len() as u32,
        };
        self.choices.push(choice);
        self.boundary = self.heap.len();
    }

    /// A choice with the first registers saved.
    #[inline(always)]
    pub(super) fn push_choice_with_arguments(&mut self, alternative: Alternative, arity: usize) {
        self.push_choice(alternative);
        self.saved.extend_from_slice(&self.x[..arity]);
    }

    /// Everything as it was when the last choice was made; the choice stays.
    #[inline(always)]
    pub(super) fn restore(&mut self, choice: &Choice) {
        let trail = choice.trail as usize;
        for place in &self.trail[trail..] {
            self.heap[*place as usize] = Cell::reference(*place as usize);
        }
        self.trail.truncate(trail);
        self.heap.truncate(choice.heap as usize);
        self.bigs.truncate(choice.bigs as usize);
        self.frame = choice.frame;
        self.continuation = choice.continuation;
        self.depth = choice.depth;
        self.boundary = choice.heap as usize;
    }

    #[inline(always)]
    pub(super) fn restore_arguments(&mut self, choice: &Choice, arity: usize) {
        let saved = choice.saved as usize;
        self.x[..arity].copy_from_slice(&self.saved[saved..saved + arity]);
    }

    #[inline(always)]
    pub(super) fn saved(&self, choice: &Choice, number: usize) -> Cell {
        self.saved[choice.saved as usize + number]
    }

    #[inline(always)]
    pub(super) fn pop_choice(&mut self) {
        if let Some(choice) = self.choices.pop() {
            self.saved.truncate(choice.saved as usize);
        }
        self.boundary = self.choices.last().map_or(0, |choice| choice.heap as usize);
    }

    /// Gives up all choices but the first so many.
    #[inline(always)]
    pub(super) fn cut(&mut self, count: usize) {
        if count < self.choices.len() {
            self.saved.truncate(self.choices[count].saved as usize);
            self.choices.truncate(count);
            self.boundary = self.choices.last().map_or(0, |choice| choice.heap as usize);
        }
    }

    /// Unifies two terms; what was bound before a failure is undone by the next backtracking.
    pub(super) fn unify(&mut self, left: Cell, right: Cell) -> bool {
        let (left, right) = (self.dereference(left), self.dereference(right));
        if left == right {
            return true;
        }
        if left.is_atomic() && right.is_atomic() {
            return false;
        }
        let mut pending = std::mem::take(&mut self.pending);
        pending.clear();
        pending.push((left, right));
        let mut holds = true;
        let mut cells = 0;
        while let Some((left, right)) = pending.pop() {
            if !self.walk(&mut cells) || !self.unify_step(left, right, &mut pending) {
                holds = false;
                break;
            }
        }
        self.pending = pending;
        holds
    }

    fn unify_step(&mut self, left: Cell, right: Cell, pending: &mut Vec<(Cell, Cell)>) -> bool {
        let (left, right) = (self.dereference(left), self.dereference(right));
        if left == right {
            return true;
        }
        match (left.tag(), right.tag()) {
            (Tag::Reference, Tag::Reference) => {
                // The younger one points to the older one.
                if left.place() < right.place() {
                    self.bind(right, left);
                } else {
                    self.bind(left, right);
                }
                true
            }
            (Tag::Reference, _) => self.bind_checked(left, right),
            (_, Tag::Reference) => self.bind_checked(right, left),
            (Tag::Pair, Tag::Pair) => {
                let (left, right) = (left.place(), right.place());
                pending.push((self.heap[left + 1], self.heap[right + 1]));
                pending.push((self.heap[left], self.heap[right]));
                true
            }
            (Tag::Structure, Tag::Structure) => {
                let (left, right) = (left.place(), right.place());
                let header = self.heap[left];
                if header != self.heap[right] {
                    return false;
                }
                for part in (1..=header.arity()).rev() {
                    pending.push((self.heap[left + part], self.heap[right + part]));
                }
                true
            }
            (Tag::Float, Tag::Float) => self.heap[left.place()] == self.heap[right.place()],
            (Tag::Big, Tag::Big) => self.big(left) == self.big(right),
            _ => false,
        }
    }

    /// Binds a variable unless the term holds it.
    fn bind_checked(&mut self, variable: Cell, term: Cell) -> bool {
        if self.occurs(variable, term) {
            return false;
        }
        self.bind(variable, term);
        true
    }

    /// Whether a term holds a variable.
    #[inline]
    fn occurs(&mut self, variable: Cell, term: Cell) -> bool {
        self.holds(term, |cell| cell == variable)
    }

    /// Whether a term holds the pair or structure that is being written at a place. Nothing looks into that one,
    /// since its parts are not all there yet.
    #[inline]
    pub(super) fn holds_unfinished(&mut self, place: usize, term: Cell) -> bool {
        self.holds(term, |cell| {
            cell == Cell::pair(place) || cell == Cell::structure(place)
        })
    }

    #[inline(always)]
    fn holds(&mut self, term: Cell, is_sought: impl Fn(Cell) -> bool) -> bool {
        if term.is_atomic() || term.is(Tag::Float) || term.is(Tag::Big) {
            return false;
        }
        let mut visiting = std::mem::take(&mut self.visiting);
        visiting.clear();
        visiting.push(term);
        let mut found = false;
        let mut cells = 0;
        while let Some(cell) = visiting.pop() {
            if !self.walk(&mut cells) {
                break;
            }
            let cell = self.dereference(cell);
            if is_sought(cell) {
                found = true;
                break;
            }
            self.push_parts(cell, &mut visiting);
        }
        self.visiting = visiting;
        found
    }

    /// Counts a cell of a walk; long ones cost steps, since parts that are shared are seen again and again.
    /// Whether to go on.
    #[inline(always)]
    pub(super) fn walk(&mut self, cells: &mut u32) -> bool {
        *cells += 1;
        *cells < FREE_CELLS || self.walk_on(cells)
    }

    #[cold]
    fn walk_on(&mut self, cells: &mut u32) -> bool {
        *cells -= CELLS_OF_STEP;
        self.steps += 1;
        let limit = self.limits.max_steps;
        if self.steps > limit {
            self.walk_out("max-steps", limit, self.steps);
        }
        self.walked_out.is_none()
    }

    pub(super) fn big(&self, cell: Cell) -> &Arc<BigInt> {
        &self.bigs[cell.place()].number
    }

    pub(super) fn push_big(&mut self, number: BigInt) -> Cell {
        let before = self.bigs.last().map_or(0, |big| big.bytes);
        let digits = usize::try_from(number.bits() / 8).unwrap_or(usize::MAX);
        self.bigs.push(Big {
            number: Arc::new(number),
            bytes: before.saturating_add(digits).saturating_add(64),
        });
        Cell::big(self.bigs.len() - 1)
    }

    /// Ends the call, whatever comes of the present walk.
    #[cold]
    pub(super) fn walk_out(&mut self, name: &str, limit: u64, observed: u64) {
        self.walked_out = Some(LimitReached {
            name: name.to_owned(),
            limit,
            observed,
        });
        self.next_check = 0;
    }

    /// Whether a term holds no unbound variable.
    pub(super) fn is_ground(&mut self, term: Cell) -> bool {
        let mut visiting = std::mem::take(&mut self.visiting);
        visiting.clear();
        visiting.push(term);
        let mut ground = true;
        let mut cells = 0;
        while let Some(cell) = visiting.pop() {
            if !self.walk(&mut cells) {
                break;
            }
            let cell = self.dereference(cell);
            if cell.is(Tag::Reference) {
                ground = false;
                break;
            }
            self.push_parts(cell, &mut visiting);
        }
        self.visiting = visiting;
        ground
    }

    #[inline(always)]
    fn push_parts(&self, cell: Cell, visiting: &mut Vec<Cell>) {
        let place = cell.place();
        match cell.tag() {
            Tag::Pair => {
                visiting.push(self.heap[place + 1]);
                visiting.push(self.heap[place]);
            }
            Tag::Structure => {
                let arity = self.heap[place].arity();
                visiting.extend_from_slice(&self.heap[place + 1..=place + arity]);
            }
            _ => {}
        }
    }
}
