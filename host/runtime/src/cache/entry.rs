//! The content of an entry: a header, then the compiled code. Owns the format; must not know files or engines.
//!
//! Header: `meshhost-code 1\n` (16 bytes), the key (32), the code's SHA-256 (32).

use sha2::{Digest, Sha256};

const MARK: &[u8; 16] = b"meshhost-code 1\n";
const HEADER: usize = 16 + 32 + 32;

/// What stands before the code.
pub(super) fn header(code: &[u8], key: &[u8; 32]) -> Vec<u8> {
    let digest: [u8; 32] = Sha256::digest(code).into();
    [&MARK[..], key, &digest].concat()
}

/// The code of an entry, or why it is not taken.
pub(super) fn unwrap<'a>(content: &'a [u8], key: &[u8; 32]) -> Result<&'a [u8], &'static str> {
    let (header, code) = content.split_at_checked(HEADER).ok_or("is cut short")?;
    let (mark, rest) = header.split_at(MARK.len());
    let (found, digest) = rest.split_at(key.len());
    if mark != MARK {
        return Err("was not written by meshhost");
    }
    if found != key {
        return Err("is of another component or another engine");
    }
    if Sha256::digest(code)[..] != *digest {
        return Err("is damaged");
    }
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_and_every_cut_is_seen() {
        let key = [7; 32];
        let content = [header(b"code", &key), b"code".to_vec()].concat();
        assert_eq!(unwrap(&content, &key), Ok(&b"code"[..]));
        for byte in 0..content.len() {
            for bit in 0..8 {
                let mut flipped = content.clone();
                flipped[byte] ^= 1 << bit;
                assert!(unwrap(&flipped, &key).is_err(), "byte {byte} bit {bit}");
            }
            assert!(unwrap(&content[..byte], &key).is_err(), "cut at {byte}");
        }
        assert!(unwrap(&[&content[..], b"!"].concat(), &key).is_err());
        assert!(unwrap(&content, &[8; 32]).is_err());
    }
}
