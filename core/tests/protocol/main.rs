//! The rules of the machine, one test each. Together they take every transition that `login/transition.rs` draws:
//!
//! | from | to | test |
//! |---|---|---|
//! | begin | Send | every one |
//! | Send, reply | Done | `sends::two_faults_and_a_success_fit_the_budget` |
//! | Send, reply | NeedCode, the second factor | `answers::a_ticket_is_a_filled_string` |
//! | Send, reply | NeedCode, another code | `codes::a_code_that_did_not_do_leads_back_to_the_challenge` |
//! | Send, reply | Wait | `waits::a_short_wait_is_waited` |
//! | Send, reply | Failed | `sends::what_is_final_is_sent_once` |
//! | Send, broke | Wait | `sends::a_break_that_may_have_arrived_is_tried_again_once` |
//! | Send, broke | NeedCode | `codes::a_code_that_may_have_arrived_is_never_sent_again` |
//! | Send, broke | Failed | `answers::a_break_with_a_head_is_judged_by_it` |
//! | NeedCode, answer | Send | `codes::a_code_that_did_not_do_leads_back_to_the_challenge` |
//! | NeedCode, answer | Wait | `waits::an_early_code_waits` |
//! | Wait, give up | Failed | `waits::a_wait_given_up_ends_with_what_it_waits_after` |
//! | Wait, resume | Send, or the same Wait | `waits::an_early_code_waits` |
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests fail by panicking, read files, and say at what they fail"
)]

mod answers;
mod api;
mod canary;
mod codes;
mod common;
mod echoes;
mod errors_page;
mod fixtures;
mod floors;
mod properties;
mod seal;
mod sends;
mod waits;
