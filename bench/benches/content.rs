//! What reading a page costs, from its bytes to its scores: the promise is at most 600 µs for 50 kB of HTML.

use std::{hint::black_box, io::Write, sync::Arc};

use bench::pages::page;
use content::{Form, Limits, Reach, Reader, file_kind, phrases::starter};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flate2::{Compression, write::GzEncoder};

/// Bytes come from the network in such pieces.
const PIECE: usize = 16 * 1024;

#[expect(clippy::unwrap_used, reason = "a benchmark stops at what is wrong")]
fn pages(criterion: &mut Criterion) {
    let phrases = Arc::new(starter::with(&[]).unwrap());
    let limits: Limits = phrases.categories().map(|(name, _)| (name, 100)).collect();
    let html = page(50_000);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(html.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(html.as_bytes(), 3).unwrap();

    let mut group = criterion.benchmark_group("50 kB of HTML");
    group.throughput(Throughput::Bytes(html.len() as u64));
    for (name, coding, bytes) in
        [("plain", None, html.as_bytes()), ("gzip", Some("gzip"), &gzip), ("zstd", Some("zstd"), &zstd)]
    {
        let form = Form::of("text/html; charset=utf-8", coding).unwrap().unwrap();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut reader = Reader::new(&form, Arc::clone(&phrases), &limits, Reach::default());
                for piece in black_box(bytes).chunks(PIECE) {
                    reader.push(piece).unwrap();
                }
                black_box(reader.finish().unwrap())
            });
        });
    }
    group.finish();
    criterion.bench_function("compiling the starter lists", |bencher| bencher.iter(|| starter::with(&[]).unwrap()));
    criterion
        .bench_function("kind of a gzip file of 50 kB", |bencher| bencher.iter(|| file_kind(black_box(&gzip), None)));
}

criterion_group!(benches, pages);
criterion_main!(benches);
