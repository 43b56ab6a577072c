use common::SystemEntropy;

use super::*;
use crate::settings::Sources;

const ONE: &str = "a:8mS3kq0vYb1TzLr7Wf2Xh9NcJd5Pg6Ue4RiQoKxAyEs=";
const TWO: &str = "b:tG5wZ1nB8cV3xM6kL9jH2gF4dS7aQ0pO5iU8yT1rE3w";
const CONTEXT: [&str; 2] = ["second_factor", "ada"];
const PLAIN: &[u8] = b"JBSWY3DPEHPK3PXP";

fn load(ring: &str) -> Result<Sealer, SettingsError> {
    let settings = Sources::new(&[]).variables([("KEY_ENCRYPTION_KEYS", ring)]).load()?;
    Sealer::from(&settings, Arc::new(SystemEntropy))
}

fn ring(ring: &[&str]) -> Sealer {
    load(&ring.join(",")).unwrap()
}

#[test]
fn what_was_sealed_opens_and_looks_different_each_time() {
    let sealer = ring(&[ONE]);
    for plain in [PLAIN, b""] {
        let sealed = sealer.seal(&CONTEXT, plain).unwrap();
        assert_eq!(sealer.open(&CONTEXT, &sealed).unwrap().expose_secret(), plain);
        assert_eq!(sealed.len(), 2 + 1 + NONCE + plain.len() + TAG);
        assert_ne!(sealer.seal(&CONTEXT, plain).unwrap(), sealed);
    }
    let sealed = sealer.seal(&CONTEXT, PLAIN).unwrap();
    assert!(!sealed.windows(4).any(|window| PLAIN.windows(4).any(|plain| plain == window)));
}

#[test]
fn every_changed_bit_and_every_missing_byte_is_noticed() {
    let sealer = ring(&[ONE]);
    let sealed = sealer.seal(&CONTEXT, PLAIN).unwrap();
    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(sealer.open(&CONTEXT, &changed).is_err(), "bit {bit}");
    }
    for length in 0..sealed.len() {
        assert!(sealer.open(&CONTEXT, &sealed[..length]).is_err(), "{length} bytes");
        assert!(sealer.open(&CONTEXT, &sealed[sealed.len() - length..]).is_err());
    }
    assert!(sealer.open(&CONTEXT, &[&sealed, [0].as_slice()].concat()).is_err());
}

#[test]
fn it_opens_in_its_own_context_alone() {
    let sealer = ring(&[ONE]);
    let sealed = sealer.seal(&CONTEXT, PLAIN).unwrap();
    for other in [
        ["second_factor", "eve"].as_slice(),
        &["provider_key", "ada"],
        &["second_factorada"],
        &["second_facto", "rada"],
        &["second_factor", "ada", ""],
        &[],
    ] {
        assert_eq!(sealer.open(other, &sealed).unwrap_err(), SealError::Invalid, "{other:?}");
    }
}

#[test]
fn an_old_key_opens_while_it_is_in_the_ring() {
    let sealed = ring(&[ONE]).seal(&CONTEXT, PLAIN).unwrap();
    let both = ring(&[TWO, ONE]);
    assert_eq!(both.open(&CONTEXT, &sealed).unwrap().expose_secret(), PLAIN);
    assert!(!both.is_current(&sealed));
    assert!(both.is_current(&both.seal(&CONTEXT, PLAIN).unwrap()));
    assert_eq!(ring(&[TWO]).open(&CONTEXT, &sealed).unwrap_err(), SealError::UnknownKey);
    let renamed = TWO.replace("b:", "a:");
    assert_eq!(ring(&[&renamed]).open(&CONTEXT, &sealed).unwrap_err(), SealError::Invalid);
}

#[test]
fn a_ring_can_be_of_one_key_that_a_program_made() {
    let key = |byte, length| SecretSlice::from(vec![byte; length]);
    let of = |id: &str, key| Sealer::of(id, &key, Arc::new(SystemEntropy));
    let sealer = of("one", key(1, 32)).unwrap();
    assert_eq!(sealer.current(), "one");
    let sealed = sealer.seal(&CONTEXT, PLAIN).unwrap();
    assert_eq!(sealer.open(&CONTEXT, &sealed).unwrap().expose_secret(), PLAIN);
    let open = |sealer: Sealer| sealer.open(&CONTEXT, &sealed).unwrap_err();
    assert_eq!(open(of("two", key(1, 32)).unwrap()), SealError::UnknownKey);
    assert_eq!(open(of("one", key(2, 32)).unwrap()), SealError::Invalid);
    for length in [0, 16, 31, 33] {
        assert_eq!(of("one", key(1, length)).unwrap_err(), SealError::NoKey);
    }
}

#[test]
fn a_ring_is_checked_and_never_shown() {
    let sealer = ring(&[ONE, TWO]);
    assert_eq!(format!("{sealer:?}"), "Sealer");
    let sealed = sealer.seal(&CONTEXT, PLAIN).unwrap();
    let opened = format!("{:?}", sealer.open(&CONTEXT, &sealed).unwrap());
    assert!(opened.contains("REDACTED"), "{opened}");

    let missing = load("").unwrap_err().to_string();
    assert!(missing.contains("KEY_ENCRYPTION_KEYS") && missing.contains("openssl"), "{missing}");
    let twice = format!("{ONE},{ONE}");
    let zeroes = format!("a:{}", BASE64.encode([0; 32]));
    for bad in [&ONE[2..], &ONE[..40], "a b:x", &twice, &zeroes, ",", &format!("{ONE},")] {
        let text = load(bad).unwrap_err().to_string();
        assert!(text.contains("KEY_ENCRYPTION_KEYS"), "{text}");
        assert!(!text.contains(&ONE[4..20]), "{text}");
    }
}
