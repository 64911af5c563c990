//! The suite finds each flaw: a small client passes, and with a flaw it fails the case for that flaw.

use std::thread;
use std::time::Duration;

use crate::flawed::{Flaw, Transport};
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
    let lines = report.to_string();
    assert!(lines.contains("passed   redirects "), "{lines}");
    assert!(lines.contains("skipped  certificates ") && lines.contains("(not claimed: Tls)"), "{lines}");
}

#[test]
fn each_flaw_fails_its_own_cases_and_no_others() {
    let flaws: [(Flaw, &[&str]); 11] = [
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
        (Flaw::TellsTheAnswer, &["secrets"]),
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
        let text = report.to_string();
        let line = text.lines().find(|line| line.starts_with(&format!("FAILED   {name} "))).unwrap();
        assert!(line.contains("its connections were closed"), "{line}");
    }
}
