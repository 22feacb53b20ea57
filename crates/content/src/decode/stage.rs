//! One coding with its bounds.

use std::fmt;

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::{Decompress, FlushDecompress, Status};
use zstd::stream::raw::{DParameter, Decoder as ZstdDecoder, Operation};

use super::{Bounds, Coding, DecodeError, gzip::Gzip};

/// Output is handed on in pieces of this size.
const PIECE: usize = 16 * 1024;

/// RFC 9659: what the web sends in zstd needs a window of at most 8 MiB.
const ZSTD_WINDOW_LOG: u32 = 23;

/// So much may come out at once, however little goes in: whoever gathers what one piece holds is not made to hold more
/// than this, or than the ratio allows for the piece.
const BURST: u64 = 4 << 20;

type Brotli = BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>;

enum Engine {
    Gzip(Gzip),
    /// The first two bytes tell zlib from raw deflate.
    DeflateHead(Option<u8>),
    Deflate(Decompress),
    Brotli(Box<Brotli>),
    Zstd(Box<ZstdDecoder<'static>>),
    /// The coding has ended; what follows is passed over, as browsers do.
    Ended,
    /// The decoder could not be made.
    Broken,
}

/// One coding being undone.
pub(super) struct Stage {
    coding: Coding,
    engine: Engine,
    bounds: Bounds,
    taken: u64,
    given: u64,
    between_frames: bool,
    buffer: Box<[u8]>,
}

/// What one step of an engine came to.
pub(super) struct Step {
    pub(super) taken: usize,
    pub(super) given: usize,
    pub(super) ended: bool,
}

/// The bytes are not valid; which coding is known above.
#[derive(Debug)]
pub(super) struct Corrupt;

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage").field("coding", &self.coding).field("taken", &self.taken).finish_non_exhaustive()
    }
}

impl Stage {
    pub(super) fn new(coding: Coding, bounds: Bounds) -> Self {
        let engine = match coding {
            Coding::Gzip => Engine::Gzip(Gzip::new()),
            Coding::Deflate => Engine::DeflateHead(None),
            Coding::Brotli => Engine::Brotli(Box::new(Brotli::new_strict(
                StandardAlloc::default(),
                StandardAlloc::default(),
                StandardAlloc::default(),
            ))),
            Coding::Zstd => zstd_decoder().map_or(Engine::Broken, |decoder| Engine::Zstd(Box::new(decoder))),
        };
        Self {
            coding,
            engine,
            bounds,
            taken: 0,
            given: 0,
            between_frames: true,
            buffer: vec![0; PIECE].into_boxed_slice(),
        }
    }

    /// Feeds bytes; `out` says whether it wants more.
    pub(super) fn push(&mut self, mut bytes: &[u8], out: &mut dyn FnMut(&[u8]) -> bool) -> Result<(), DecodeError> {
        let burst = self.given + BURST.max(self.bounds.ratio.saturating_mul(bytes.len() as u64));
        loop {
            if let Engine::DeflateHead(head) = &mut self.engine {
                let Some((first, rest)) = bytes.split_first() else { return Ok(()) };
                let Some(before) = *head else {
                    *head = Some(*first);
                    self.taken += 1;
                    bytes = rest;
                    continue;
                };
                let mut engine = Decompress::new(is_zlib(before, *first));
                // The byte that was held back; eight bits give out nothing by themselves.
                inflate(&mut engine, &[before], &mut self.buffer)
                    .map_err(|Corrupt| DecodeError::Corrupt { coding: self.coding })?;
                self.engine = Engine::Deflate(engine);
            }
            let step = run(&mut self.engine, bytes, &mut self.buffer, &mut self.between_frames)
                .map_err(|Corrupt| DecodeError::Corrupt { coding: self.coding })?;
            bytes = bytes.get(step.taken..).unwrap_or_default();
            self.taken += step.taken as u64;
            self.given += step.given as u64;
            self.within_bounds(burst)?;
            if step.given > 0 && !out(self.buffer.get(..step.given).unwrap_or_default()) {
                return Ok(());
            }
            if step.ended {
                self.engine = Engine::Ended;
                return Ok(());
            }
            // With room left in the buffer nothing more is held inside.
            let full = step.given == self.buffer.len();
            if !full && (bytes.is_empty() || (step.taken == 0 && step.given == 0)) {
                return Ok(());
            }
        }
    }

    pub(super) fn finish(&self) -> Result<(), DecodeError> {
        let whole = match &self.engine {
            Engine::Gzip(gzip) => gzip.is_between_members(),
            Engine::Zstd(_) => self.between_frames,
            Engine::Ended => true,
            Engine::DeflateHead(_) | Engine::Deflate(_) | Engine::Brotli(_) | Engine::Broken => false,
        };
        if whole || self.taken == 0 { Ok(()) } else { Err(DecodeError::Truncated { coding: self.coding }) }
    }

    fn within_bounds(&self, burst: u64) -> Result<(), DecodeError> {
        let Bounds { ratio, free, total } = self.bounds;
        if self.given > total {
            return Err(DecodeError::Total { coding: self.coding, total });
        }
        if self.given > burst || (self.given > free && self.given > self.taken.saturating_mul(ratio)) {
            return Err(DecodeError::Ratio { coding: self.coding, ratio });
        }
        Ok(())
    }
}

fn zstd_decoder() -> Option<ZstdDecoder<'static>> {
    let mut decoder = ZstdDecoder::new().ok()?;
    decoder.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG)).ok()?;
    Some(decoder)
}

/// RFC 1950: method 8, window at most 32 KiB, and the pair of bytes divides by 31.
fn is_zlib(first: u8, second: u8) -> bool {
    first & 0x0f == 8 && first >> 4 <= 7 && (u16::from(first) << 8 | u16::from(second)).is_multiple_of(31)
}

/// One call of raw or zlib inflation.
pub(super) fn inflate(engine: &mut Decompress, bytes: &[u8], buffer: &mut [u8]) -> Result<Step, Corrupt> {
    let (before_in, before_out) = (engine.total_in(), engine.total_out());
    let status = engine.decompress(bytes, buffer, FlushDecompress::None).map_err(|_| Corrupt)?;
    Ok(Step {
        taken: usize::try_from(engine.total_in() - before_in).unwrap_or(bytes.len()),
        given: usize::try_from(engine.total_out() - before_out).unwrap_or(0),
        ended: status == Status::StreamEnd,
    })
}

fn run(engine: &mut Engine, bytes: &[u8], buffer: &mut [u8], between: &mut bool) -> Result<Step, Corrupt> {
    match engine {
        Engine::Gzip(gzip) => gzip.step(bytes, buffer),
        Engine::Deflate(engine) => inflate(engine, bytes, buffer),
        Engine::Brotli(state) => {
            let (mut left_in, mut taken, mut left_out, mut given, mut total) = (bytes.len(), 0, buffer.len(), 0, 0);
            let result = BrotliDecompressStream(
                &mut left_in,
                &mut taken,
                bytes,
                &mut left_out,
                &mut given,
                buffer,
                &mut total,
                state,
            );
            match result {
                BrotliResult::ResultFailure => Err(Corrupt),
                BrotliResult::ResultSuccess => Ok(Step { taken, given, ended: true }),
                BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => Ok(Step { taken, given, ended: false }),
            }
        }
        Engine::Zstd(decoder) => {
            if bytes.is_empty() && *between {
                return Ok(Step { taken: 0, given: 0, ended: false });
            }
            let status = decoder.run_on_buffers(bytes, buffer).map_err(|_| Corrupt)?;
            *between = status.remaining == 0;
            Ok(Step { taken: status.bytes_read, given: status.bytes_written, ended: false })
        }
        Engine::Ended => Ok(Step { taken: bytes.len(), given: 0, ended: true }),
        Engine::DeflateHead(_) | Engine::Broken => Err(Corrupt),
    }
}
