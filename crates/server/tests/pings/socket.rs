//! One connection of a device.

use super::{binary, logged, ping, world};
use crate::served::Served;
use doorstep_server::api::Limits;
use doorstep_server::keys::{self, NewKey, Role, Secret};
use serde_json::{Value, json};
use std::net::TcpStream;
use tungstenite::client::IntoClientRequest;
use tungstenite::{Error, Message, WebSocket, client};

type Socket = WebSocket<TcpStream>;

/// Connects with a key. Errors: the status of the answer that is no socket.
fn connects(served: &Served, key: &str) -> Result<Socket, u16> {
    let address = served.address();
    let url = format!("ws://{address}/v1/pings/socket");
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {key}").parse().unwrap());
    match client(request, TcpStream::connect(address).unwrap()) {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::HandshakeError::Failure(Error::Http(answer))) => {
            Err(answer.status().as_u16())
        }
        Err(error) => panic!("{error}"),
    }
}

fn key(served: &Served, role: Role, courier: Option<&str>) -> (String, String) {
    let courier_id = courier.map(|courier| courier.parse().unwrap());
    let new = NewKey { role, courier_id, merchant_id: None, label: "socket".to_owned() };
    let made = keys::create(&served.world.app, &new, &Secret::random().unwrap(), "test").unwrap();
    (made.secret, made.key.key_id)
}

fn says(socket: &mut Socket, message: Message) -> Value {
    socket.send(message).unwrap();
    serde_json::from_str(socket.read().unwrap().to_text().unwrap()).unwrap()
}

/// A1: each message is answered, in its order, once what it brought is durable.
#[test]
fn each_message_is_answered_once_durable() {
    let served = Served::new(world());
    let (key, _) = key(&served, Role::Gateway, None);
    let mut socket = connects(&served, &key).unwrap();
    let one = ping("anna", 3).to_string();
    let array = json!([ping("anna", 2), ping("eve", 2), ping("carl", 2)]).to_string();
    assert_eq!(says(&mut socket, Message::text(one)), json!({ "accepted": 1, "rejected": [] }));
    assert_eq!(logged(&served.world)["anna"].len(), 1);
    let answer = says(&mut socket, Message::text(array));
    assert_eq!((&answer["accepted"], &answer["rejected"][0]["line"]), (&json!(2), &json!(2)));
    let batch = binary(&[("anna", 1), ("dora", 1)]);
    assert_eq!(says(&mut socket, Message::binary(batch))["accepted"], 2);
    let nonsense = says(&mut socket, Message::binary(b"DSPB".as_slice()));
    assert_eq!(nonsense["problem"]["code"], "malformed", "and the connection goes on");
    let burst: Vec<Value> = (0..400).map(|second| ping("bea", second)).collect();
    assert_eq!(says(&mut socket, Message::text(json!(burst).to_string()))["accepted"], 300);
    let told = says(&mut socket, Message::text(ping("bea", 0).to_string()));
    assert_eq!(told["problem"]["code"], "too_many_pings");
    assert!(told["problem"]["retry_after_ms"].as_u64() > Some(0), "{told}");
    assert_eq!(logged(&served.world)["anna"].len(), 3);
}

#[test]
fn a_socket_opens_for_whom_it_may_and_only_for_so_many() {
    let limits = Limits { device_sockets_max: 1, ..Limits::default() };
    let served = Served::with(world(), limits);
    let (finance, _) = key(&served, Role::Finance, None);
    let (anna, _) = key(&served, Role::Courier, Some("anna"));
    assert_eq!(connects(&served, "dsk_nobody").err(), Some(401));
    assert_eq!(connects(&served, &finance).err(), Some(403));
    let mut socket = connects(&served, &anna).unwrap();
    let others = says(&mut socket, Message::text(ping("bea", 1).to_string()));
    assert_eq!(others["rejected"][0]["code"], "wrong_courier");
    assert_eq!(connects(&served, &anna).err(), Some(429));
    assert_eq!(served.operator.gets("/v1/pings/socket").status, 400, "no socket was asked for");
}

/// A key that is revoked while its device is connected opens nothing more.
#[test]
fn a_revoked_key_closes_its_socket() {
    let served = Served::new(world());
    let (secret, key_id) = key(&served, Role::Courier, Some("anna"));
    let mut socket = connects(&served, &secret).unwrap();
    assert_eq!(says(&mut socket, Message::text(ping("anna", 2).to_string()))["accepted"], 1);
    keys::revoke(&served.world.app, &key_id, "test").unwrap();
    socket.send(Message::text(ping("anna", 1).to_string())).unwrap();
    assert!(matches!(socket.read().unwrap(), Message::Close(Some(_))));
    assert_eq!(logged(&served.world)["anna"].len(), 1);
}

/// A message that is too long ends the connection, and its device is told why.
#[test]
fn a_message_that_is_too_long_is_told_so() {
    let served = Served::new(world());
    let (key, _) = key(&served, Role::Gateway, None);
    for message in [Message::text(" ".repeat(300 << 10)), Message::binary(vec![0; 1 << 20])] {
        let mut socket = connects(&served, &key).unwrap();
        socket.send(message).unwrap();
        let Message::Close(Some(close)) = socket.read().unwrap() else { panic!("no reason") };
        assert_eq!(
            (u16::from(close.code), close.reason.as_str()),
            (1009, "a message may have 256 KiB")
        );
    }
}
