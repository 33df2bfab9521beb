//! Everything in a store, page by page.

use crate::store::{Archive, Head, Row, StoreError};
use std::sync::Arc;

/// All chains, by name.
pub struct ChainPages<'a> {
    store: &'a dyn Archive,
    most: usize,
    after: Option<Arc<str>>,
}

impl std::fmt::Debug for ChainPages<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ChainPages")
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}

impl<'a> ChainPages<'a> {
    /// From the first one on, `most` at a time.
    #[must_use]
    pub const fn new(store: &'a dyn Archive, most: usize) -> Self {
        Self {
            store,
            most,
            after: None,
        }
    }

    /// The next ones; none at the end.
    ///
    /// # Errors
    ///
    /// What the store says.
    pub async fn next(&mut self) -> Result<Option<Vec<Head>>, StoreError> {
        let chains = self.store.chains(self.after.as_deref(), self.most).await?;
        let Some(last) = chains.last() else {
            return Ok(None);
        };
        self.after = Some(Arc::clone(&last.chain));
        Ok(Some(chains))
    }
}

/// Events of one chain, in order.
pub struct EventPages<'a> {
    store: &'a dyn Archive,
    chain: &'a str,
    most: usize,
    from: u64,
}

impl std::fmt::Debug for EventPages<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("EventPages");
        shown
            .field("chain", &self.chain)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

impl<'a> EventPages<'a> {
    /// From a sequence on, `most` at a time.
    #[must_use]
    pub const fn new(store: &'a dyn Archive, chain: &'a str, from: u64, most: usize) -> Self {
        Self {
            store,
            chain,
            most,
            from,
        }
    }

    /// The next ones; none at the end.
    ///
    /// # Errors
    ///
    /// What the store says.
    pub async fn next(&mut self) -> Result<Option<Vec<Row>>, StoreError> {
        let rows = self.store.events(self.chain, self.from, self.most).await?;
        let Some(last) = rows.last() else {
            return Ok(None);
        };
        self.from = last.sequence.saturating_add(1);
        Ok(Some(rows))
    }
}
