//! The suite finds each flaw: a small client passes, and with a flaw it fails the case for that flaw.

use std::thread;
use std::time::Duration;

use crate::flawed::{Flaw, Transport};
use hub_auth_testkit::conformance::session::Sessions;
use hub_auth_testkit::conformance::{Claim, Report, Suite, Target};

/// Ends a test that hangs.
const GUARD: Duration = Duration::from_secs(120);

fn report(flaw: Option<Flaw>) -> Report {
    let suite = Suite::new().claim(Claim::Reuse).patience(GUARD);
    suite.run(|target: &Target| {
        let transport = Transport::new(target, flaw);
        move |step| transport.run(step)
    })
}

#[test]
fn a_correct_transport_passes_and_the_report_names_missing_claims() {
    let report = report(None);
    assert!(report.is_passed(), "{report}");
    assert_eq!(report.lines().len(), Suite::cases().count());
    for line in report.lines() {
        let unclaimed = line.case.needs.iter().any(|claim| *claim != Claim::Reuse);
        assert_eq!(report.skipped().any(|name| name == line.case.name), unclaimed, "{line}");
    }
    let lines = report.to_string();
    assert!(lines.contains("passed   redirects "), "{lines}");
    assert!(lines.contains("skipped  certificates ") && lines.contains("(not claimed: Tls)"), "{lines}");
}

#[test]
fn each_flaw_fails_its_own_cases_and_no_others() {
    let flaws: [(Flaw, &[&str]); 10] = [
        (Flaw::FollowsRedirects, &["redirects"]),
        (Flaw::TakesLostForUnsent, &["unreadable", "cut", "reset"]),
        (Flaw::LosesTheHead, &["cut", "cut-429"]),
        (Flaw::ReadsOnAndOn, &["body-cap"]),
        (Flaw::NamesItself, &["headers"]),
        (Flaw::TimesEachRead, &["drip"]),
        (Flaw::OpensEachTime, &["reuse"]),
        (Flaw::TrustsWhatIsKept, &["stale"]),
        (Flaw::SendsAgain, &["unreadable", "cut", "reset", "once"]),
        (Flaw::TakesWhatIsLeft, &["unasked"]),
    ];
    // Side by side, since each spends its time waiting for deadlines.
    let reports: Vec<_> = flaws.map(|(flaw, _)| thread::spawn(move || report(Some(flaw)))).into();
    for ((flaw, places), report) in flaws.into_iter().zip(reports) {
        let report = report.join().unwrap();
        assert_eq!(report.failed().collect::<Vec<_>>(), places, "{flaw:?}\n{report}");
    }
}

/// The Hub refuses a chunked body, so every login fails.
#[test]
fn a_chunked_body_fails_its_case() {
    let report = report(Some(Flaw::Chunks));
    assert!(report.failed().any(|name| name == "length"), "{report}");
}

#[test]
fn a_transport_that_hangs_is_ended() {
    let suite = Suite::new().patience(Duration::from_secs(2));
    let report = suite.run(|target: &Target| {
        let mut target = target.clone();
        target.timeout = Duration::from_secs(3600);
        let transport = Transport::new(&target, None);
        move |step| transport.run(step)
    });
    for name in ["silence", "drip"] {
        let line = report.lines().iter().find(|line| line.case.name == name).unwrap().to_string();
        assert!(line.starts_with("FAILED") && line.contains("its connections were closed"), "{line}");
    }
}

/// The page lists every case and claim.
#[test]
fn the_page_names_every_case_and_claim() {
    let page = include_str!("../../CONFORMANCE.md");
    for case in Suite::cases() {
        let needs = case.needs.iter().map(|claim| format!("`{claim}`")).collect::<Vec<_>>().join(", ");
        let row = format!("| `{}` | {} | {needs} |", case.name, case.rule);
        assert!(page.contains(&row), "missing: {row}");
    }
    for case in Sessions::cases() {
        let row = format!("| `{}` | {} |", case.name, case.rule);
        assert!(page.contains(&row), "missing: {row}");
    }
    for claim in Claim::ALL {
        assert!(page.contains(&format!("| `{claim}` |")), "missing: {claim}");
    }
    assert_eq!(page.matches("\n| `").count(), Suite::cases().count() + Sessions::cases().count() + Claim::ALL.len());
}
