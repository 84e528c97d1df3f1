//! Whether what was stored is what was decided.

use crate::{
    Version,
    store::{Append, Receipt, StreamAppend},
};

/// The versions that the streams of an append have once it is stored as it was decided. Whoever has decided further
/// appends on its events may store them only if its receipts [have these versions](Self::are_in).
///
/// ```
/// use eventsource::store::{Append, ExpectedVersion, Receipt, rules::DecidedVersions};
/// use eventsource::{Position, StreamId, Version};
/// let account = StreamId::new("account", "acc-1")?;
/// let append = Append::to(account.clone(), ExpectedVersion::Exact(Version::new(3)), Vec::new());
/// let decided = DecidedVersions::of(&append);
/// let receipt = |version| {
///     let (stream, position) = (account.clone(), Position::new(9));
///     Receipt { stream, version: Version::new(version), position, repeated: false, request: None }
/// };
/// assert!(decided.are_in(&[receipt(3)]));
/// assert!(!decided.are_in(&[receipt(4)]));
/// # Ok::<(), eventsource::event::InvalidStreamId>(())
/// ```
#[derive(Debug, Clone)]
pub struct DecidedVersions {
    /// `None` for a part that expects no exact version: what it was decided on is unknown.
    versions: Vec<Option<Version>>,
    is_keyed: bool,
}

impl DecidedVersions {
    /// Those of this append.
    #[must_use]
    pub fn of(append: &Append) -> Self {
        let after = |part: &StreamAppend| Some(part.expected.exact()?.plus(part.events.len() as u64));
        let versions = append.streams.iter().map(after).collect();
        Self { versions, is_keyed: append.idempotency_key.is_some() }
    }

    /// Whether these receipts of the append show that its own events are stored, and no others. A part that expects no
    /// exact version is not checked.
    #[must_use]
    pub fn are_in(&self, receipts: &[Receipt]) -> bool {
        receipts.len() == self.versions.len() && self.is_in_each(receipts).all(|is_in| is_in != Some(false))
    }

    /// The same for each part; `None` for a part that is not checked.
    pub(in crate::store) fn is_in_each(&self, receipts: &[Receipt]) -> impl Iterator<Item = Option<bool>> {
        self.versions.iter().zip(receipts).map(|(version, receipt)| {
            // An append stored earlier under the key may have other events, even if it has as many. One that is
            // recognised by its event ids has these events.
            let may_be_others = self.is_keyed && receipt.repeated;
            version.map(|version| receipt.version == version && !may_be_others)
        })
    }
}
