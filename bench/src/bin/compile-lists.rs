//! Compiles all lists in a process of its own, so that `time -v` shows what it takes: `cargo run --release -p bench
//! --bin compile-lists`.

use std::time::Instant;

use bench::lists::Lists;
use filter::{Host, Image, ListIndex};

#[expect(clippy::print_stdout, reason = "a program whose purpose is to print figures")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let start = Instant::now();
    let lists = Lists::find();
    let read = start.elapsed();
    let start = Instant::now();
    let compiled = lists.compile()?;
    let compile = start.elapsed();
    drop(lists.all);
    let start = Instant::now();
    let index = ListIndex::open(Image::new(compiled.image))?;
    let open = start.elapsed();
    #[expect(clippy::cast_precision_loss, reason = "figures for a reader")]
    let per = |count: u64| index.size() as f64 / count as f64;
    println!("lists     {}", lists.source);
    println!("lines     {} taken, {} refused", compiled.entries, compiled.refused);
    println!("names     {} different, {} stored", index.names(), index.rows());
    println!(
        "image     {} bytes: {:.2} a name, {:.2} a stored one",
        index.size(),
        per(index.names()),
        per(index.rows())
    );
    println!("time      read and unpack {read:.2?}, parse and compile {compile:.2?}, open and verify {open:.2?}");
    let strangers = 2_000_000u32;
    let mut mistaken = 0;
    for nth in 0..strangers {
        let host = Host::parse(&format!("a{nth}.b{}.no-list-has-this.test", nth % 1009))?;
        index.find(&host, None, |_| mistaken += 1);
    }
    println!("strangers {strangers} names that no list has: {mistaken} found by mistake");
    println!("digest    {}", index.digest());
    Ok(())
}
