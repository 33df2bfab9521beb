//! Dates and times of day at a fixed offset from UTC, in the Gregorian calendar, years 0 to 9999.

pub(super) const MS_PER_SECOND: i64 = 1000;
pub(super) const MS_PER_MINUTE: i64 = 60 * MS_PER_SECOND;
pub(super) const MS_PER_HOUR: i64 = 60 * MS_PER_MINUTE;
pub(super) const MS_PER_DAY: i64 = 24 * MS_PER_HOUR;

/// 0000-01-01T00:00:00Z.
const FIRST_MS: i64 = -62_167_219_200_000;
/// 9999-12-31T23:59:59.999Z.
const LAST_MS: i64 = 253_402_300_799_999;

/// A date and a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Civil {
    pub(super) year: i64,
    /// 1 to 12.
    pub(super) month: i64,
    /// 1 to 31.
    pub(super) day: i64,
    /// Milliseconds since midnight.
    pub(super) day_ms: i64,
}

impl Civil {
    /// What a clock at UTC says so many milliseconds after 1970; none beyond the years.
    pub(super) fn from_ms(ms: i64) -> Option<Self> {
        if !(FIRST_MS..=LAST_MS).contains(&ms) {
            return None;
        }
        let (year, month, day) = date(ms.div_euclid(MS_PER_DAY));
        let day_ms = ms.rem_euclid(MS_PER_DAY);
        Some(Self {
            year,
            month,
            day,
            day_ms,
        })
    }

    /// Milliseconds since 1970, at UTC.
    pub(super) const fn to_ms(self) -> i64 {
        days(self.year, self.month, self.day) * MS_PER_DAY + self.day_ms
    }

    /// The date, if there is one of these numbers.
    pub(super) const fn new(year: i64, month: i64, day: i64, day_ms: i64) -> Option<Self> {
        let valid = 0 <= year
            && year <= 9999
            && 1 <= month
            && month <= 12
            && 1 <= day
            && day <= days_in_month(year, month)
            && 0 <= day_ms
            && day_ms < MS_PER_DAY;
        match valid {
            true => Some(Self {
                year,
                month,
                day,
                day_ms,
            }),
            false => None,
        }
    }

    /// So many months later; the last day of the month where it has no such day.
    pub(super) fn add_months(self, months: i64) -> Option<Self> {
        let month = self
            .year
            .checked_mul(12)?
            .checked_add(self.month - 1)?
            .checked_add(months)?;
        let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
        let day = self.day.min(days_in_month(year, month));
        Self::new(year, month, day, self.day_ms)
    }

    /// 1 for Monday to 7 for Sunday.
    pub(super) const fn weekday(self) -> i64 {
        // The first day of 1970 was a Thursday.
        (days(self.year, self.month, self.day) + 3).rem_euclid(7) + 1
    }

    /// 1 for the first day of a year.
    pub(super) const fn day_of_year(self) -> i64 {
        days(self.year, self.month, self.day) - days(self.year, 1, 1) + 1
    }
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

// Both after H. Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March, so
// that the leap day is the last of its year, and 400 of them, an era, have 146,097 days.

/// Days since 1970-01-01.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day, from days since 1970-01-01.
const fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;
    use jiff::civil::date as civil_date;
    use jiff::tz::Offset;
    use proptest::prelude::*;

    #[test]
    fn every_day_is_as_others_count() {
        let mut other = civil_date(0, 1, 1);
        for day in (FIRST_MS..=LAST_MS).step_by(usize::try_from(MS_PER_DAY).unwrap()) {
            let civil = Civil::from_ms(day).unwrap();
            assert_eq!(civil.year, i64::from(other.year()));
            assert_eq!(civil.month, i64::from(other.month()));
            assert_eq!(civil.day, i64::from(other.day()));
            assert_eq!(
                civil.weekday(),
                i64::from(other.weekday().to_monday_one_offset())
            );
            assert_eq!(civil.day_of_year(), i64::from(other.day_of_year()));
            assert_eq!(civil.to_ms(), day);
            other = other.tomorrow().unwrap_or(other);
        }
        assert!(Civil::from_ms(FIRST_MS - 1).is_none() && Civil::from_ms(LAST_MS + 1).is_none());
    }

    proptest! {
        #[test]
        fn times_and_months_are_as_others_count(ms in FIRST_MS..=LAST_MS, months in -3000_i64..3000) {
            let civil = Civil::from_ms(ms).unwrap();
            let other = Offset::UTC.to_datetime(jiff::Timestamp::from_millisecond(ms).unwrap());
            prop_assert_eq!(civil.day_ms / MS_PER_HOUR, i64::from(other.hour()));
            prop_assert_eq!(civil.day_ms % MS_PER_SECOND, i64::from(other.millisecond()));
            let later = civil.add_months(months);
            let other = other.checked_add(months.months()).ok().filter(|other| other.year() >= 0);
            prop_assert_eq!(
                later.map(|later| (later.year, later.month, later.day)),
                other.map(|other| (other.year().into(), other.month().into(), other.day().into()))
            );
            prop_assert!(civil.add_months(i64::MAX).is_none());
        }
    }
}
