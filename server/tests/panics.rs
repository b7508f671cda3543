//! Panics are counted and told, without what a customer may have typed.

use std::io::Write;
use std::sync::{Arc, Mutex};

use farewell_server::panics;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_panic_is_counted_and_its_place_is_told_and_its_text_is_not() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    panics::watch();
    let typed = String::from("für immer weg");
    let sliced = std::thread::spawn(move || typed[..2].len());
    assert!(sliced.join().is_err());
    assert_eq!(panics::counter().get(), 1);
    let said = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(said.contains("ERROR") && said.contains("tests/panics.rs:"), "{said}");
    assert!(!said.contains("immer"), "{said}");
}
