//! However the bytes are cut, they are the same bytes.

use futures_util::TryStreamExt;
use mock_llm::{Chunking, Gate, MockLlm, Script};

use crate::client::{body_of_stream, post, read_until, streamed};

fn script() -> Script {
    Script::text("Grüße an die 世界 🦀 and all").reasoning(["h", "m"])
}

/// The pieces in which the body arrives: each HTTP chunk is one.
async fn pieces(chunking: Chunking) -> Vec<Vec<u8>> {
    let mock = MockLlm::start().await;
    mock.script(script().chunked(chunking));
    let stream = post(&mock, &streamed("Hi")).await.bytes_stream();
    stream.map_ok(|piece| piece.to_vec()).try_collect().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_chunking_gives_the_same_bytes() {
    let whole = pieces(Chunking::Natural).await.concat();
    for chunking in [Chunking::Events, Chunking::Bytes(1), Chunking::Bytes(7), Chunking::Seeded(42)]
    {
        assert_eq!(pieces(chunking).await.concat(), whole, "{chunking:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pieces_are_cut_as_asked() {
    let whole = pieces(Chunking::Natural).await.concat();
    for piece in pieces(Chunking::Events).await {
        let piece = String::from_utf8(piece).unwrap();
        assert!(piece.ends_with("\n\n") && piece.matches("\n\n").count() == 1, "{piece}");
    }
    let sevens = pieces(Chunking::Bytes(7)).await;
    assert_eq!(sevens.len(), whole.len().div_ceil(7));
    assert!(sevens.iter().all(|piece| piece.len() <= 7));
    assert!(sevens.iter().any(|piece| std::str::from_utf8(piece).is_err()));

    let lengths = |pieces: &[Vec<u8>]| pieces.iter().map(Vec::len).collect::<Vec<_>>();
    let seeded = lengths(&pieces(Chunking::Seeded(42)).await);
    assert_eq!(lengths(&pieces(Chunking::Seeded(42)).await), seeded);
    assert_ne!(lengths(&pieces(Chunking::Seeded(43)).await), seeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_holds_cut_bytes_too() {
    let gate = Gate::new();
    let mock = MockLlm::start().await;
    mock.script(script().chunked(Chunking::Bytes(5)).hold_after(3, &gate));
    let open = read_until(post(&mock, &streamed("Hi")).await, "Grüße").await;
    gate.reached().await;
    assert_eq!(mock.last_request().unwrap().sent, "Grüße");
    drop((open, gate));

    mock.script(Script::text("again"));
    assert!(body_of_stream(&mock).await.contains("again"));
}
