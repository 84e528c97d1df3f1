//! The keys of events: the form in which they are stored, and their partitions.

/// The partition of a key: FNV-1a of its bytes, 64 bits, mixed by the last step of MurmurHash3, modulo the number
/// of partitions. Part of what is stored: parked events and checkpoints are by partition. The constants are those
/// of <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv> and of `fmix64` in
/// <https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp>.
pub(crate) fn partition_of(key: &str, partitions: u32) -> u32 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in key.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    // FNV alone leaves keys that differ in their last characters close together.
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^= hash >> 33;
    u32::try_from(hash % u64::from(partitions.max(1))).unwrap_or(0)
}

/// A key in a form that every store keeps: without NUL, and of at most 1,024 bytes. One that is not is escaped and cut, with
/// the hash of the whole, so that its events stay together.
pub(crate) fn storable(key: String) -> String {
    const MOST: usize = 1_024;
    if key.len() <= MOST && !key.contains('\0') {
        return key;
    }
    let mut start = key.replace('\0', "\\0");
    let mut end = MOST - 33;
    while !start.is_char_boundary(end.min(start.len())) {
        end -= 1;
    }
    start.truncate(end);
    format!("{start}#{}", uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, key.as_bytes()).simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_no_store_keeps_gets_another_form_of_its_own() {
        for key in ["", "a", "日本", &"x".repeat(1_024)] {
            assert_eq!(storable(key.to_owned()), key);
        }
        let long = "日".repeat(500_000);
        let others = ["\0", "a\0b", "a\0c", &"x".repeat(1_025), &"x".repeat(1_026), &long];
        let forms: std::collections::HashSet<_> = others.map(|key| storable(key.to_owned())).into();
        assert_eq!(forms.len(), others.len());
        assert!(forms.iter().all(|form| form.len() <= 1_024 && !form.contains('\0')), "{forms:?}");
    }

    #[test]
    fn keys_spread_evenly_and_stay_where_they_are() {
        let mut counts = [0; 4];
        for n in 0..4_000 {
            counts[partition_of(&format!("account/{n}"), 4) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (800..1_200).contains(count)), "{counts:?}");
        // The partition of a key is stored: there is a checkpoint per partition.
        assert_eq!(["account/1", "account/2", "", "日本"].map(|key| partition_of(key, 7)), [5, 3, 1, 3]);
    }
}
