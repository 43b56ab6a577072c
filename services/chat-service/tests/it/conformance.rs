//! Recorded streams of every format, as their providers send them or have been seen to send them, and what they say: the same
//! however the network cuts them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use chat_service::providers::{
    Anthropic, ByteStream, Delta, DeltaStream, Google, Ollama, OpenAi, ProviderErrorKind,
};
use futures_util::future::FutureExt;
use futures_util::stream::{self, StreamExt};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use rstest::rstest;

const RANDOM_SPLITS: usize = 100_000;

type Read = fn(ByteStream) -> DeltaStream;
type Said = Vec<Result<Delta, ProviderErrorKind>>;

const WIRES: [(&str, Read); 5] = [
    ("openai", OpenAi::read),
    ("openrouter", OpenAi::read),
    ("anthropic", Anthropic::read),
    ("google", Google::read),
    ("ollama", Ollama::read),
];

struct Fixture {
    folder: PathBuf,
    name: String,
    bytes: Bytes,
    read: Read,
}

fn fixtures() -> Vec<Fixture> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut found = Vec::new();
    for (wire, read) in WIRES {
        let folder = all.join(wire);
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|kind| kind == "sse" || kind == "ndjson") {
                let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
                let bytes = fs::read(&path).unwrap().into();
                found.push(Fixture { folder: folder.clone(), name, bytes, read });
            }
        }
    }
    // What is no answer is tested where it is read.
    found.retain(|fixture| !fixture.name.contains("pull"));
    found
}

/// What a stream says that comes in these pieces, none of which is waited for.
fn said(read: Read, pieces: Vec<Bytes>) -> Said {
    let bytes = stream::iter(pieces.into_iter().map(Ok)).boxed();
    let deltas = read(bytes).map(|delta| delta.map_err(|error| error.kind));
    deltas.collect().now_or_never().unwrap()
}

/// The bytes, cut in these places.
fn cut(bytes: &Bytes, places: &[usize]) -> Vec<Bytes> {
    let starts = std::iter::once(0).chain(places.iter().copied());
    let ends = places.iter().copied().chain(std::iter::once(bytes.len()));
    starts.zip(ends).map(|(start, end)| bytes.slice(start..end)).collect()
}

#[test]
fn each_says_what_it_is_known_to_say() {
    let fixtures = fixtures();
    assert!(fixtures.len() > 30, "{}", fixtures.len());
    for Fixture { folder, name, bytes, read } in fixtures {
        let mut told = String::new();
        for delta in said(read, vec![bytes]) {
            match delta {
                Ok(delta) => writeln!(told, "{delta:?}").unwrap(),
                Err(kind) => writeln!(told, "Error({kind:?})").unwrap(),
            }
        }
        insta::with_settings!({
            snapshot_path => folder, prepend_module_to_snapshot => false, omit_expression => true
        }, {
            insta::assert_snapshot!(name, told);
        });
    }
}

#[test]
fn no_cut_in_two_changes_what_is_said() {
    for Fixture { name, bytes, read, .. } in fixtures() {
        let whole = said(read, vec![bytes.clone()]);
        for place in 0..=bytes.len() {
            assert_eq!(said(read, cut(&bytes, &[place])), whole, "{name}, cut at {place}");
        }
        let single = bytes.chunks(1).map(Bytes::copy_from_slice).collect();
        assert_eq!(said(read, single), whole, "{name}, byte by byte");
    }
}

#[test]
fn no_cut_in_many_changes_what_is_said() {
    let fixtures = fixtures();
    let each = RANDOM_SPLITS.div_ceil(fixtures.len());
    for (seed, Fixture { name, bytes, read, .. }) in (0..).zip(fixtures) {
        let mut random = SmallRng::seed_from_u64(seed);
        let whole = said(read, vec![bytes.clone()]);
        for _ in 0..each {
            let cuts = random.random_range(1..=16);
            let mut places: Vec<_> =
                (0..cuts).map(|_| random.random_range(0..=bytes.len())).collect();
            places.sort_unstable();
            assert_eq!(said(read, cut(&bytes, &places)), whole, "{name}, cut at {places:?}");
        }
    }
}

/// A beginning, and then the same again and again.
fn endless(beginning: &'static str, more: &str) -> ByteStream {
    let more = Bytes::from(more.repeat((64 << 10) / more.len() + 1));
    let beginning = stream::iter([Bytes::from_static(beginning.as_bytes())]);
    beginning.chain(stream::repeat(more)).map(Ok).boxed()
}

fn padded(beginning: &str, end: &str) -> String {
    format!("{beginning}{}{end}", "x".repeat(100_000))
}

#[rstest]
#[case::one_event(OpenAi::read, endless("data: {\"", "x"))]
#[case::empty_data_lines(OpenAi::read, endless("", "data:\n"))]
#[case::no_blank_line(OpenAi::read, endless("", "data: {}\n"))]
#[case::comments_without_blank_line(OpenAi::read, endless("", ": x\n"))]
#[case::only_comments(Anthropic::read, endless("", &padded(":", "\n\n")))]
#[case::only_pings(
    Anthropic::read,
    endless("", &padded("data: {\"type\":\"ping\",\"x\":\"", "\"}\n\n"))
)]
#[case::one_line(Ollama::read, endless("{\"", "x"))]
#[case::only_lines_that_say_nothing(Ollama::read, endless("", &padded("{\"x\":\"", "\"}\n")))]
fn what_has_no_end_is_given_up(#[case] read: Read, #[case] bytes: ByteStream) {
    let deltas = read(bytes).map(|delta| delta.map_err(|error| error.kind));
    let said: Said = deltas.collect().now_or_never().unwrap();
    assert_eq!(said, [Err(ProviderErrorKind::Protocol)]);
}

#[test]
fn an_event_of_ten_mebibytes_is_refused_at_one() {
    let text = "x".repeat(10 << 20);
    let event = Bytes::from(format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}"));
    let pieces: Vec<_> =
        (0..event.len() >> 14).map(|n| event.slice(n << 14..(n + 1) << 14)).collect();
    let taken = Arc::new(AtomicUsize::new(0));
    let count = taken.clone();
    let bytes = stream::iter(pieces).map(move |piece| {
        count.fetch_add(piece.len(), Ordering::Relaxed);
        Ok(piece)
    });
    let deltas = OpenAi::read(bytes.boxed()).map(|delta| delta.map_err(|error| error.kind));
    let said: Said = deltas.collect().now_or_never().unwrap();
    assert_eq!(said, [Err(ProviderErrorKind::Protocol)]);
    assert!(taken.load(Ordering::Relaxed) <= (1 << 20) + (1 << 14), "{taken:?}");
}

#[test]
fn what_is_not_utf8_is_no_answer() {
    for (read, bytes) in [
        (
            OpenAi::read as Read,
            &b"data: {\"choices\":[{\"delta\":{\"content\":\"\xF0\x9F\"}}]}\n\n"[..],
        ),
        (Ollama::read, &b"{\"message\":{\"content\":\"\xff\"}}\n"[..]),
    ] {
        assert_eq!(said(read, vec![Bytes::from_static(bytes)]), [Err(ProviderErrorKind::Protocol)]);
    }
}
