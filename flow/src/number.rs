/// A whole number as text, without the formatting machinery that the widget would otherwise carry.
pub(crate) fn number(n: impl Into<i64>) -> String {
    digits(n.into())
}

#[inline(never)]
fn digits(n: i64) -> String {
    let mut digits = String::new();
    let mut left = n.unsigned_abs();
    loop {
        digits.insert(0, char::from(b'0' + (left % 10) as u8));
        left /= 10;
        if left == 0 {
            break;
        }
    }
    if n < 0 {
        digits.insert(0, '-');
    }
    digits
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_written_as_they_are_read() {
        for n in [0, 1, -1, 10, 999, i64::from(u32::MAX), i64::MAX, i64::MIN] {
            assert_eq!(super::number(n).parse(), Ok(n));
        }
    }
}
