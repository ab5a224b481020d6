//! The command line as transcripts: each file in `tests/cli/` is documentation that is run.

#[test]
fn transcripts() {
    trycmd::TestCases::new().case("../../tests/cli/*.md");
}
