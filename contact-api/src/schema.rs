//! The documents that describe acp/1 to other programs, made from the types: JSON Schema, OpenAPI 3.1 (REST)
//! and AsyncAPI 3.0 (the WebSocket). Checked in under `schema/`; a test fails when they are stale.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Value, json};

use crate::{
    event::Event,
    frame::{ClientFrame, ServerFrame},
    model::{SignOutOutcome, UccOutcome, Why},
    rest::{Health, Me, Problem, RefreshRequest, StationSip, TokenRequest, TokenResponse},
};

/// File name and content of every document, under `contact-api/schema/`.
pub fn documents() -> Vec<(&'static str, Value)> {
    vec![
        ("acp-1.schema.json", json_schema()),
        ("openapi.json", open_api()),
        ("asyncapi.json", async_api()),
    ]
}

/// Every type of the protocol, by name, under `$defs`.
fn json_schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    rest_types(&mut generator);
    socket_types(&mut generator);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "acp/1",
        "description": "Agent to contact centre. Unknown fields and event kinds are to be ignored.",
        "$defs": generator.take_definitions(true),
    })
}

fn open_api() -> Value {
    let mut generator = components();
    rest_types(&mut generator);
    let body =
        |name: &str| json!({"required": true, "content": {"application/json": {"schema": schema(name)}}});
    let bearer = json!([{"bearer": []}]);
    json!({
        "openapi": "3.1.0",
        "info": info(),
        "paths": {
            "/api/v1/auth/token": {"post": {
                "summary": "Sign in",
                "requestBody": body("TokenRequest"),
                "responses": answers("TokenResponse", &["400", "401", "413", "415", "422", "429", "503"]),
            }},
            "/api/v1/auth/refresh": {"post": {
                "summary": "Exchange a refresh token for a new pair; it works once",
                "requestBody": body("RefreshRequest"),
                "responses": answers("TokenResponse", &["400", "401", "413", "415", "422"]),
            }},
            "/api/v1/me": {"get": {
                "summary": "Who I am, my contact centres and skills",
                "security": bearer,
                "responses": answers("Me", &["401", "503"]),
            }},
            "/api/v1/stations": {"post": {
                "summary": "Become the agent's phone and get its SIP account; the station before is told",
                "security": bearer,
                "responses": answers("StationSip", &["401", "409", "503"]),
            }},
            "/api/v1/ws": {"get": {
                "summary": "The live socket: see asyncapi.json",
                "responses": {"101": {"description": "Switching protocols"}, "426": problem("426")},
            }},
            "/healthz": {"get": {
                "summary": "What is wrong with the server, if anything",
                "responses": answers("Health", &[]),
            }},
            "/metrics": {"get": {
                "summary": "Figures for Prometheus",
                "responses": {"200": {"description": "Text", "content": {"text/plain": {}}}},
            }},
        },
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    })
}

fn async_api() -> Value {
    let mut generator = components();
    socket_types(&mut generator);
    let message =
        |name: &str| json!({"name": name, "contentType": "application/json", "payload": schema(name)});
    let link = |name: &str| json!({"$ref": format!("#/channels/ws/messages/{name}")});
    json!({
        "asyncapi": "3.0.0",
        "info": info(),
        "channels": {"ws": {
            "address": "/api/v1/ws",
            "description": "One JSON object per text frame. An event frame's kind and body are an Event.",
            "messages": {"ClientFrame": message("ClientFrame"), "ServerFrame": message("ServerFrame")},
        }},
        "operations": {
            "toServer": {
                "action": "send",
                "channel": {"$ref": "#/channels/ws"},
                "messages": [link("ClientFrame")],
            },
            "toClient": {
                "action": "receive",
                "channel": {"$ref": "#/channels/ws"},
                "messages": [link("ServerFrame")],
            },
        },
        "components": {"schemas": generator.take_definitions(true)},
    })
}

fn rest_types(generator: &mut SchemaGenerator) {
    define::<TokenRequest>(generator);
    define::<TokenResponse>(generator);
    define::<RefreshRequest>(generator);
    define::<StationSip>(generator);
    define::<Me>(generator);
    define::<Health>(generator);
    define::<Problem>(generator);
}

fn socket_types(generator: &mut SchemaGenerator) {
    define::<ClientFrame>(generator);
    define::<ServerFrame>(generator);
    define::<Event>(generator);
    define::<UccOutcome>(generator);
    define::<SignOutOutcome>(generator);
    define::<Why>(generator);
}

fn define<T: JsonSchema>(generator: &mut SchemaGenerator) {
    generator.subschema_for::<T>();
}

/// References as OpenAPI and AsyncAPI write them.
fn components() -> SchemaGenerator {
    SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator()
}

fn schema(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn info() -> Value {
    json!({"title": "acp/1: agent to contact centre", "version": "1"})
}

fn answers(name: &str, errors: &[&str]) -> Value {
    let mut answers = serde_json::Map::new();
    let content = json!({"application/json": {"schema": schema(name)}});
    answers.insert("200".into(), json!({"description": name, "content": content}));
    for status in errors {
        answers.insert((*status).into(), problem(status));
    }
    Value::Object(answers)
}

fn problem(status: &str) -> Value {
    json!({
        "description": format!("{status}, RFC 9457"),
        "content": {"application/problem+json": {"schema": schema("Problem")}},
    })
}
