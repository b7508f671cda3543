//! Days by the proleptic Gregorian calendar, counted from 1970 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").

const DAY: i64 = 24 * 60 * 60;

/// Days since 1970.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of days since 1970.
fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

fn length(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// The day of the month of a second since 1970.
pub fn day_of(second: i64) -> i64 {
    date(second.div_euclid(DAY)).2
}

/// Months later at the same time of day, on a day of the month or the last one before it.
pub fn months_later(second: i64, months: i64, day: i64) -> i64 {
    let (year, month, _) = date(second.div_euclid(DAY));
    let all = year * 12 + month - 1 + months;
    let (year, month) = (all.div_euclid(12), all.rem_euclid(12) + 1);
    days(year, month, day.min(length(year, month))) * DAY + second.rem_euclid(DAY)
}

/// One payment later: by days, weeks, months or years.
pub fn later(second: i64, unit: &str, count: i64, anchor: i64) -> i64 {
    match unit {
        "day" => second + count * DAY,
        "week" => second + 7 * count * DAY,
        "month" => months_later(second, count, anchor),
        _ => months_later(second, 12 * count, anchor),
    }
}

#[test]
fn the_calendar_knows_its_days() {
    assert_eq!(days(1970, 1, 1), 0);
    assert_eq!(days(2024, 2, 29), 19_782);
    for day in (0..40_000).step_by(7) {
        let (year, month, of_month) = date(day);
        assert_eq!(days(year, month, of_month), day);
    }
}
