//! Is what was kept when a day was closed still whole? Statements are held against their digests
//! and the day's, postings against the statements, adjustments against their postings.

use super::posted::{self, Figure, Form, Posted};
use super::stated::Stated;
use crate::check::books::{self, Booked};
use crate::error::AppError;
use crate::pay::PricedDay;
use crate::settlement::body_of;
use doorstep_domain::settlement::{
    Account, Adjustment, AdjustmentKind, SettlementDigest, digest_of,
};
use doorstep_store::statement::StatementRow;
use doorstep_store::{Tx, adjustment, day, statement};
use std::collections::BTreeMap;

/// What the close of a day has left, and what of it is not whole.
pub(super) struct KeptBooks {
    /// By account, which is the order of the digest.
    pub(super) statements: BTreeMap<String, KeptStatement>,
    pub(super) booked: Vec<Adjustment>,
    /// The day's digest as kept, and as its statements and adjustments give it.
    pub(super) digest: String,
    pub(super) digest_found: String,
    pub(super) postings: BTreeMap<Figure, Posted>,
    /// The adjustments booked on the day against their postings.
    pub(super) booked_here: Booked,
    /// Adjustments about the day that are not posted, with the later day they are booked on.
    pub(super) unposted: Vec<(i64, Adjustment)>,
    form: Form,
}

/// A statement as it was found.
pub(super) struct KeptStatement {
    /// By its bytes where these are whole, else by its figures; `None` if they are illegible.
    pub(super) stated: Option<Stated>,
    /// What the column of figures says.
    told: String,
    pub(super) state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Whole,
    /// The figures beside the bytes are not those in the bytes.
    FiguresAltered,
    /// The digest is not that of the bytes.
    BytesAltered,
}

/// One thing that is not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flaw {
    /// `courier:c1`, `merchant:m1`, or `day:` and the date.
    pub(super) account: String,
    pub(super) figure: &'static str,
    /// What it should be.
    pub(super) log: String,
    pub(super) store: String,
    pub(super) delta_minor: i64,
}

impl KeptBooks {
    /// Reads what was kept of a closed day whose digest is `digest`.
    pub(super) fn read(
        tx: &mut dyn Tx,
        priced: &PricedDay<'_>,
        digest: &str,
    ) -> Result<KeptBooks, AppError> {
        let (market, number) = (priced.market.id.as_str(), priced.day.number());
        let mut statements = BTreeMap::new();
        statement::of_day(tx, market, number, &mut |row| {
            let account = format!("{}:{}", row.party_kind, row.party_id);
            statements.insert(account, KeptStatement::of(row));
            Ok(())
        })?;
        let booked = adjustment::booked_on(tx, market, number)?;
        let mut books = KeptBooks {
            statements,
            booked,
            digest: digest.to_owned(),
            digest_found: String::new(),
            postings: posted::read(tx, priced)?,
            booked_here: books::booked(tx, market, number)?,
            unposted: unposted(tx, market, number)?,
            form: Form::new(priced),
        };
        books.digest_found = books.digest_with(priced, &BTreeMap::new());
        Ok(books)
    }

    /// The day's digest if these statements stood in the place of those kept.
    pub(super) fn digest_with(
        &self,
        priced: &PricedDay<'_>,
        others: &BTreeMap<String, Stated>,
    ) -> String {
        let market = priced.market;
        let kept = self
            .statements
            .iter()
            .filter_map(|(account, kept)| Some((account, kept.stated.as_ref()?)));
        let lines: BTreeMap<&String, &Stated> = kept.chain(others).collect();
        let mut digest = SettlementDigest::new(&market.id, priced.day, market.currency);
        lines.values().for_each(|stated| stated.add_to(&mut digest));
        self.booked.iter().for_each(|line| digest.line(line));
        digest.finish()
    }

    /// Whether statements and adjustments are those of which the day's digest was taken.
    pub(super) fn digest_holds(&self) -> bool {
        self.digest == self.digest_found
    }

    /// Whether the bytes of an account's statement are not those of its digest.
    pub(super) fn is_damaged(&self, account: &str) -> bool {
        self.statements.get(account).is_some_and(|kept| kept.state == State::BytesAltered)
    }

    /// Whether there is a statement whose bytes are not those of its digest.
    pub(super) fn is_any_damaged(&self) -> bool {
        self.statements.values().any(|kept| kept.state == State::BytesAltered)
    }

    /// Everything that is not whole, statements first.
    pub(super) fn flaws(&self, priced: &PricedDay<'_>) -> Vec<Flaw> {
        let mut flaws: Vec<Flaw> =
            self.statements.iter().filter_map(|(account, kept)| kept.flaw(account)).collect();
        flaws.extend(self.postings_of_none());
        let flawed = self.flawed_figures().into_iter();
        for (figure, expected_minor) in flawed.filter(|(figure, _)| self.has_statement(figure)) {
            let posted = self.postings.get(&figure).copied().unwrap_or_default();
            flaws.push(flaw_of(&figure, expected_minor, posted));
        }
        flaws.extend(self.flaws_of_adjustments());
        if !self.digest_holds() {
            flaws.push(Flaw {
                account: format!("day:{}", priced.day),
                figure: "digest",
                log: self.digest_found.clone(),
                store: self.digest.clone(),
                delta_minor: 0,
            });
        }
        flaws
    }

    fn has_statement(&self, (account, _): &Figure) -> bool {
        self.statements.contains_key(account)
    }

    /// Accounts that the close has posted to, but of which there is no statement.
    fn postings_of_none(&self) -> impl Iterator<Item = Flaw> {
        let lost = self.postings.iter().filter(|(figure, _)| !self.has_statement(figure));
        lost.map(|((account, kind), posted)| Flaw {
            account: account.clone(),
            figure: "statement",
            log: format!("{} of {} is posted", posted.amount_minor, kind.as_str()),
            store: "nothing".to_owned(),
            delta_minor: 0,
        })
    }

    /// The figures whose postings are not what legible statements say, with what these say: 0 where
    /// there is none, or not of such a figure.
    pub(super) fn flawed_figures(&self) -> Vec<(Figure, i64)> {
        let mut expected: BTreeMap<Figure, i64> = BTreeMap::new();
        for (account, kept) in &self.statements {
            for (kind, amount_minor) in kept.stated.iter().flat_map(Stated::figures) {
                expected.insert((account.clone(), kind), amount_minor);
            }
        }
        let is_legible = |account: &String| {
            let kept = self.statements.get(account);
            kept.is_none_or(|kept| kept.stated.is_some())
        };
        for figure in self.postings.keys().filter(|(account, _)| is_legible(account)) {
            expected.entry(figure.clone()).or_default();
        }
        expected.retain(|figure, expected_minor| {
            let posted = self.postings.get(figure).copied().unwrap_or_default();
            let is_due = self.has_statement(figure) && !self.form.is_stated(figure.1);
            posted.misplaced > 0 || (posted.amount_minor != *expected_minor && !is_due)
        });
        expected.into_iter().collect()
    }

    fn flaws_of_adjustments(&self) -> Vec<Flaw> {
        let here = self.booked_here.unposted.iter();
        let unposted = here.chain(self.unposted.iter().map(|(_, adjustment)| adjustment));
        let lost = unposted.map(|adjustment| Flaw {
            account: Account::Payable(adjustment.party.clone()).to_string(),
            figure: posting_of(adjustment.kind),
            log: format!(
                "{} by adjustment {} of {}",
                adjustment.amount_minor, adjustment.revision, adjustment.about_day
            ),
            store: "it is not posted so".to_owned(),
            delta_minor: 0,
        });
        let invented = self.booked_here.invented.iter().map(|posting| Flaw {
            account: posting.party.clone(),
            figure: AdjustmentKind::from_text(&posting.kind).map_or("posting", posting_of),
            log: "no such adjustment".to_owned(),
            store: format!("{} from {} to {}", posting.amount_minor, posting.debit, posting.credit),
            delta_minor: 0,
        });
        lost.chain(invented).collect()
    }
}

impl KeptStatement {
    fn of(row: StatementRow) -> KeptStatement {
        let told = Stated::read(row.party_kind, &row.totals).ok();
        let bytes = body_of(&row).ok();
        let whole = bytes.filter(|bytes| digest_of(bytes) == row.digest);
        let by_bytes = whole
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|json| Stated::read(row.party_kind, &json).ok());
        let state = match &by_bytes {
            None => State::BytesAltered,
            Some(stated) if stated.text() == row.totals => State::Whole,
            Some(_) => State::FiguresAltered,
        };
        KeptStatement { stated: by_bytes.or(told), told: row.totals, state }
    }

    fn flaw(&self, account: &str) -> Option<Flaw> {
        let (log, store) = match self.state {
            State::Whole => return None,
            State::FiguresAltered => {
                (self.stated.as_ref().map(Stated::text).unwrap_or_default(), self.told.clone())
            }
            State::BytesAltered => ("the bytes of its digest".to_owned(), "other bytes".to_owned()),
        };
        Some(Flaw { account: account.to_owned(), figure: "statement", log, store, delta_minor: 0 })
    }
}

fn flaw_of((account, kind): &Figure, expected_minor: i64, posted: Posted) -> Flaw {
    let misplaced = match posted.misplaced {
        0 => String::new(),
        misplaced => format!(", {misplaced} between other accounts"),
    };
    Flaw {
        account: account.clone(),
        figure: posting_of(*kind),
        log: expected_minor.to_string(),
        store: format!("{}{misplaced}", posted.amount_minor),
        delta_minor: expected_minor.saturating_sub(posted.amount_minor),
    }
}

fn posting_of(kind: AdjustmentKind) -> &'static str {
    match kind {
        AdjustmentKind::Pay => "posting pay",
        AdjustmentKind::Tip => "posting tip",
        AdjustmentKind::Sale => "posting sale",
        AdjustmentKind::Fee => "posting fee",
        AdjustmentKind::Cost => "posting cost",
    }
}

/// The adjustments about a day that have lost their posting on the later day they are booked on.
fn unposted(tx: &mut dyn Tx, market: &str, about: i64) -> Result<Vec<(i64, Adjustment)>, AppError> {
    let mut unposted = Vec::new();
    if adjustment::about(tx, market, about)?.is_empty() {
        return Ok(unposted);
    }
    for later in day::all(tx, market)? {
        let booked = adjustment::booked_on(tx, market, later.day)?;
        let concerns = |line: &Adjustment| line.about_day.number() == about;
        if later.day == about || !booked.iter().any(concerns) {
            continue;
        }
        let lost = books::booked(tx, market, later.day)?.unposted;
        let lost = lost.into_iter().filter(concerns);
        unposted.extend(lost.map(|adjustment| (later.day, adjustment)));
    }
    Ok(unposted)
}
