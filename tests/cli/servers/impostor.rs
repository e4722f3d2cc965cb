//! Servers that only report a version, of versions that cannot be installed here.

use std::io;
use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::net::TcpStream;
use std::thread;

use mongodb::bson::Document;
use mongodb::bson::doc;

/// Answers each connection on a free port, for as long as the tests run; the port.
fn serve(answer: impl Fn(TcpStream) -> io::Result<()> + Send + Copy + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || answer(client));
        }
    });
    port
}

fn bytes(client: &mut TcpStream, count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; count];
    client.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Starts a PostgreSQL server that accepts every user and answers each question with its version: the number, and the text of
/// `version()`. Without a number it fails at every other question.
pub(super) fn postgres(number: Option<&'static str>, version: &'static str) -> u16 {
    serve(move |mut client| {
        loop {
            let length = big_endian(&bytes(&mut client, 4)?);
            // A request for TLS, which there is not; after it, the greeting.
            if length != 8 {
                bytes(&mut client, length - 4)?;
                break;
            }
            bytes(&mut client, 4)?;
            client.write_all(b"N")?;
        }
        client.write_all(&[message(b'R', &[0; 4]), message(b'K', &[0; 8]), message(b'Z', b"I")].concat())?;
        loop {
            let head = bytes(&mut client, 5)?;
            let question = bytes(&mut client, big_endian(&head[1..]) - 4)?;
            match (head[0], number) {
                (b'Q', _) if question == b"SELECT version()\0" => client.write_all(&row(&[version]))?,
                (b'Q', Some(number)) => {
                    client.write_all(&row(&["7", "1", number, "no", "no", "no", "no", version, "UTF8", "yes"]))?;
                }
                (b'Q', None) => {
                    let error = b"SERROR\0C42883\0Munknown function\0\0";
                    client.write_all(&[message(b'E', error), message(b'Z', b"I")].concat())?;
                }
                _ => {}
            }
        }
    })
}

fn big_endian(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &(body.len() as u32 + 4).to_be_bytes(), body].concat()
}

/// The whole answer to a query: the columns, which are text, one row, the end.
fn row(values: &[&str]) -> Vec<u8> {
    let count = (values.len() as u16).to_be_bytes();
    let (mut columns, mut fields) = (count.to_vec(), count.to_vec());
    for value in values {
        // A name; no table and column; text, of any length; as text.
        columns.extend([b"c\0", &[0; 6][..], &25_u32.to_be_bytes(), &[0xff; 2], &[0xff; 4], &[0; 2]].concat());
        fields.extend([&(value.len() as u32).to_be_bytes()[..], value.as_bytes()].concat());
    }
    [message(b'T', &columns), message(b'D', &fields), message(b'C', b"SELECT 1\0"), message(b'Z', b"I")].concat()
}

/// A MongoDB server that says nothing but who it is: its greeting, with some fields more, and the answer to `buildInfo`.
pub(super) fn mongodb(max_wire_version: i32, more: fn() -> Document, build: fn() -> Document) -> u16 {
    const QUERY: i32 = 2004;
    serve(move |mut client| {
        loop {
            let head = bytes(&mut client, 16)?;
            let number = |at: usize| i32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
            let question = bytes(&mut client, number(0) as usize - 16)?;
            let (id, code) = (number(4), number(12));
            let asks_for_build = question.windows(9).any(|part| part == b"buildInfo");
            let answer = if asks_for_build { build().to_vec().unwrap() } else { greeting(max_wire_version, more()) };
            // Flags, cursor, first and count of documents; or flags, and the kind of the part that follows.
            let (code, before) =
                if code == QUERY { (1, [&[0; 16][..], &1_i32.to_le_bytes()].concat()) } else { (2013, vec![0; 5]) };
            let length = (16 + before.len() + answer.len()) as i32;
            let head = [length, id, id, code].map(i32::to_le_bytes).concat();
            client.write_all(&[head, before, answer].concat())?;
        }
    })
}

fn greeting(max_wire_version: i32, more: Document) -> Vec<u8> {
    let mut greeting: Document = doc! {
        "ok": 1, "ismaster": true, "isWritablePrimary": true, "helloOk": true, "minWireVersion": 0,
        "maxWireVersion": max_wire_version, "maxBsonObjectSize": 16 << 20, "maxMessageSizeBytes": 48_000_000,
        "maxWriteBatchSize": 100_000,
    };
    greeting.extend(more);
    greeting.to_vec().unwrap()
}
