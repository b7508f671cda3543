use crate::secret::random_bytes;

/// Letters and digits that cannot be taken for each other: no 0, O, 1, I, L, U.
const ALPHABET: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A new reference that a customer can read out, such as `FW-7K3Q-9XPD`: about 39 random bits.
///
/// # Errors
/// The system has no randomness to give.
pub fn new_reference() -> Result<String, getrandom::Error> {
    let mut letters = String::with_capacity(8);
    while letters.len() < 8 {
        for byte in random_bytes::<16>()? {
            // Bytes of the last, incomplete round are left out, so that every letter is equally likely.
            let usable = usize::from(byte) < 256 - 256 % ALPHABET.len();
            if usable && letters.len() < 8 {
                letters.push(char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
            }
        }
    }
    let (first, second) = letters.split_at(4);
    Ok(format!("FW-{first}-{second}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn references_have_one_form_and_differ() {
        let references: BTreeSet<String> = (0..1000).map(|_| new_reference().unwrap()).collect();
        assert_eq!(references.len(), 1000);
        for reference in references {
            let groups: Vec<_> = reference.split('-').collect();
            assert_eq!((groups[0], groups[1].len(), groups[2].len(), groups.len()), ("FW", 4, 4, 3));
            assert!(!reference[2..].contains(['0', 'O', '1', 'I', 'L', 'U']));
        }
    }
}
