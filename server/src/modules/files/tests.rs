//! The slice over HTTP and on both engines.

use std::{io::Cursor, sync::Arc};

use axum::{
    Router,
    body::Body,
    http::{HeaderName, Method, Request, StatusCode, header},
    response::Response,
};
use http_body_util::BodyExt;
use image::{ImageFormat, Rgb, RgbImage};
use kernel::{Actor, Error, Id};
use serde_json::{Value, json};
use testkit::Engine;
use tower::ServiceExt;
use uuid::Uuid;

use super::{Look, attach, collect, of, serve, sweep, upload};
use crate::testing::{Client, TestApp, town};

/// What the tests of this slice do to a district.
struct District {
    test: TestApp,
    router: Router,
}

impl std::ops::Deref for District {
    type Target = TestApp;
    fn deref(&self) -> &TestApp {
        &self.test
    }
}

async fn district(engine: Engine) -> District {
    let test = TestApp::new(engine).await;
    District { router: crate::http::router(Arc::clone(&test.app)), test }
}

impl District {
    async fn post(&self, kind: &str, body: impl Into<Body>) -> (StatusCode, Value) {
        let request = Request::post("/api/v1/photos").header(header::CONTENT_TYPE, kind).body(body.into()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        (response.status(), serde_json::from_slice(&bytes(response).await).unwrap_or_default())
    }

    async fn uploaded(&self, shade: u8) -> Id<super::File> {
        upload(&self.app, &Actor::anonymous(), picture(400, 30, shade, ImageFormat::Png), None).await.unwrap().id
    }

    async fn attached(&self, ids: &[Id<super::File>], owner: Uuid) -> kernel::Result<usize> {
        let mut tx = self.db.begin();
        let attached = attach(&mut tx, &Actor::anonymous(), ids, "thing", owner, "report").await?;
        tx.commit().await.unwrap();
        Ok(attached.len())
    }

    async fn served(&self, id: Id<super::File>, owner: Uuid, look: &Look) -> kernel::Result<Response> {
        serve(&self.app, self.db.read().await.unwrap(), id, "thing", owner, look).await
    }

    async fn stored(&self) -> usize {
        self.blob.list(None, 1000).await.unwrap().len()
    }
}

async fn bytes(response: Response) -> Vec<u8> {
    response.into_body().collect().await.unwrap().to_bytes().into()
}

fn picture(width: u32, height: u32, shade: u8, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    RgbImage::from_fn(width, height, |x, y| Rgb([shade, x as u8, y as u8])).write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// A JPEG as a phone writes it: 30.5° north, 104.25° east, taken in the morning.
fn phone_picture() -> Vec<u8> {
    use exif::{Field, In, Rational, Tag, Value, experimental::Writer};
    let ascii = |tag, text: &str| Field { tag, ifd_num: In::PRIMARY, value: Value::Ascii(vec![text.as_bytes().to_vec()]) };
    let degrees = |tag, d, m| Field {
        tag,
        ifd_num: In::PRIMARY,
        value: Value::Rational(vec![Rational::from((d, 1)), Rational::from((m, 1)), Rational::from((0, 1))]),
    };
    let fields = [
        ascii(Tag::Make, "Telephone"),
        ascii(Tag::DateTimeOriginal, "2025:03:09 08:30:00"),
        ascii(Tag::GPSLatitudeRef, "N"),
        degrees(Tag::GPSLatitude, 30, 30),
        ascii(Tag::GPSLongitudeRef, "E"),
        degrees(Tag::GPSLongitude, 104, 15),
    ];
    let mut writer = Writer::new();
    for field in &fields {
        writer.push_field(field);
    }
    let mut tags = Cursor::new(b"Exif\0\0".to_vec());
    tags.set_position(6);
    let mut block = Cursor::new(Vec::new());
    writer.write(&mut block, false).unwrap();
    let tags = [tags.into_inner(), block.into_inner()].concat();
    let plain = picture(640, 480, 9, ImageFormat::Jpeg);
    let length = (tags.len() as u16 + 2).to_be_bytes();
    [&plain[..2], &[0xff, 0xe1], &length, &tags, &plain[2..]].concat()
}

fn parted(name: &str, content: &[u8]) -> Vec<u8> {
    let head =
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n");
    [head.as_bytes(), content, b"\r\n--b--\r\n"].concat()
}

testkit::both! {
    async fn a_phones_photograph_loses_its_tags_and_keeps_their_meaning(engine: Engine) {
        let district = district(engine).await;
        let phone = phone_picture();
        assert!(exif::Reader::new().read_from_container(&mut Cursor::new(&phone)).is_ok());
        let (status, raw) = district.post("image/jpeg", phone.clone()).await;
        assert_eq!(status, StatusCode::CREATED, "{raw}");
        assert_eq!((raw["width"].as_i64(), raw["height"].as_i64()), (Some(640), Some(480)));
        assert_eq!((raw["lon"].as_f64(), raw["lat"].as_f64()), (Some(104.25), Some(30.5)));
        assert_eq!(raw["taken_at"], "2025-03-09T00:30:00.000Z");
        let (status, form) = district.post("multipart/form-data; boundary=b", parted("photo", &phone)).await;
        assert_eq!((status, &form["taken_at"]), (StatusCode::CREATED, &raw["taken_at"]));
        assert_ne!(form["id"], raw["id"]);

        let (id, owner) = (raw["id"].as_str().unwrap().parse().unwrap(), Uuid::from_u128(7));
        assert_eq!(district.attached(&[id], owner).await.unwrap(), 1);
        let look = |size: Option<&str>| Look { size: size.map(str::to_owned), known: None };
        for (size, width) in [(None, 640), (Some("thumb"), 320)] {
            let response = district.served(id, owner, &look(size)).await.unwrap();
            let header = |name| response.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
            assert_eq!(header("content-type"), "image/jpeg");
            assert_eq!(header("content-security-policy"), "default-src 'none'; sandbox");
            assert_eq!(header("x-content-type-options"), "nosniff");
            assert!(header("content-disposition").starts_with("attachment;") && header("cache-control").starts_with("private,"));
            let tag = header("etag");
            let jpeg = bytes(response).await;
            assert_eq!(image::load_from_memory(&jpeg).unwrap().width(), width);
            assert!(exif::Reader::new().read_from_container(&mut Cursor::new(&jpeg)).is_err());
            assert!(!jpeg.windows(9).any(|w| w == b"Telephone"));
            let again = Look { known: Some(format!("\"other\", {tag}")), ..look(size) };
            assert_eq!(district.served(id, owner, &again).await.unwrap().status(), StatusCode::NOT_MODIFIED);
        }
        for (id, owner) in [(id, Uuid::from_u128(8)), (form["id"].as_str().unwrap().parse().unwrap(), owner)] {
            assert!(matches!(district.served(id, owner, &look(None)).await, Err(Error::NotFound)));
        }
    }

    async fn what_is_no_photograph_is_refused_and_leaves_nothing(engine: Engine) {
        let district = district(engine).await;
        let good = picture(200, 100, 1, ImageFormat::Jpeg);
        let mut bomb = picture(8, 8, 1, ImageFormat::Png);
        bomb[16..24].copy_from_slice(&[0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30]); // 30,000 pixels each way
        let crc = crc32(&bomb[12..29]).to_be_bytes();
        bomb[29..33].copy_from_slice(&crc);
        let large = vec![0xff; (15 << 20) + 1];
        let huge = vec![0xff; 16 << 20];
        for (body, status, code) in [
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), 422, "not-a-photo"),
            (b"GIF89a\x01\0\x01\0".to_vec(), 422, "not-a-photo"),
            (vec![], 422, "not-a-photo"),
            (good[..good.len() / 4].to_vec(), 422, "photo-damaged"),
            (bomb, 422, "photo-too-many-pixels"),
            (large, 413, "body-too-large"),
            (huge, 413, "body-too-large"),
        ] {
            let length = body.len();
            for (kind, body) in [("image/jpeg", body.clone()), ("multipart/form-data; boundary=b", parted("photo", &body))] {
                let (found, problem) = district.post(kind, body).await;
                assert_eq!((found.as_u16(), problem["code"].as_str()), (status, Some(code)), "{kind} of {length} bytes");
            }
        }
        let (status, problem) = district.post("multipart/form-data; boundary=b", parted("avatar", &good)).await;
        assert_eq!((status.as_u16(), &problem["fields"][0]["field"]), (400, &"photo".into()));
        let (status, _) = district.post("multipart/form-data", good.clone()).await;
        assert_eq!(status.as_u16(), 400);
        assert_eq!(district.stored().await, 0);
    }

    /// A body that says how long it is is not read when that is too much; one that does not say is read up to the limit.
    async fn too_many_bytes_are_not_read(engine: Engine) {
        let district = district(engine).await;
        let request = Request::post("/api/v1/photos").header(header::CONTENT_LENGTH, 1_u64 << 40).body(Body::from_stream(never())).unwrap();
        let answer = tokio::time::timeout(std::time::Duration::from_secs(5), district.router.clone().oneshot(request)).await;
        assert_eq!(answer.unwrap().unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);

        let endless = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(axum::body::Bytes::from(vec![0_u8; 1 << 16])));
        let (status, _) = district.post("image/png", Body::from_stream(endless)).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    }

    async fn only_who_uploaded_claims(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let secret = |text: &str| app.visitor().with(HeaderName::from_static("upload-secret"), text);
        let upload = async |client: &Client, shade: u8| {
            let body = picture(40, 30, shade, ImageFormat::Png).into();
            let sent = client.send(Method::POST, "/api/v1/photos", Some(body), &[("content-type", "image/png")]).await;
            sent.expect(201).json()["id"].as_str().unwrap().to_owned()
        };
        let (lon, lat) = town::HOME;
        let report = |id: &str| json!({ "text": "楼道灯坏了", "lon": lon, "lat": lat, "photo_ids": [id] });
        let claim = async |client: &Client, id: &str| client.post("/api/v1/reports", &report(id)).await;
        let (mine, other) = (secret("0123456789abcdef0123456789abcdef"), secret("f0123456789abcdef0123456789abcde"));

        let id = upload(&mine, 1).await;
        for stranger in [&app.visitor(), &other] {
            let refused = claim(stranger, &id).await;
            refused.refused(400, "invalid");
            assert!(refused.text().contains("photo_ids[0]") && refused.text().contains("unknown"), "{}", refused.text());
        }
        claim(&mine, &id).await.expect(201);
        assert!(claim(&mine, &id).await.expect(400).text().contains("already-attached"));
        // A program that shows no secret is known by the id alone, as before; a secret that could be guessed is none.
        let (script, short) = (upload(&app.visitor(), 2).await, upload(&secret("1234"), 3).await);
        claim(&app.visitor(), &script).await.expect(201);
        claim(&other, &short).await.expect(201);
        // What somebody with an account uploaded is for that account, whatever the device.
        let (desk, colleague) = (app.login_as("community-desk", town::COMMUNITY).await, app.login_as("community-desk", town::COMMUNITY).await);
        let id = upload(&desk, 4).await;
        let taken = json!({ "text": "楼道灯坏了", "lon": lon, "lat": lat, "channel": "phone", "photo_ids": [id] });
        claim(&app.visitor(), &id).await.refused(400, "invalid");
        colleague.post("/api/v1/incidents", &taken).await.refused(400, "invalid");
        desk.post("/api/v1/incidents", &taken).await.expect(201);
        // A worker whose session ended in between goes on with the secret of the phone.
        let (worker, phone) = (app.login_as("community-desk", town::COMMUNITY).await, "00112233445566778899aabbccddeeff");
        let id = upload(&worker.clone().with(HeaderName::from_static("upload-secret"), phone), 5).await;
        claim(&secret(phone), &id).await.expect(201);
    }

    async fn a_photograph_is_claimed_once(engine: Engine) {
        let district = district(engine).await;
        let mut ids = Vec::new();
        for shade in 0..10 {
            ids.push(district.uploaded(shade).await);
        }
        ids.sort_unstable();
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut tx = district.db.begin();
        let (attached, statements) = db::count::scope(attach(&mut tx, &Actor::anonymous(), &ids[..9], "thing", one, "report")).await;
        tx.commit().await.unwrap();
        assert_eq!((attached.unwrap().len(), statements), (9, 1));
        let found = of(&mut district.db.read().await.unwrap(), "thing", one).await.unwrap();
        assert_eq!(found.iter().map(|f| f.id).collect::<Vec<_>>(), ids[..9]);
        assert!(found.iter().all(|f| f.purpose.as_deref() == Some("report")));

        let unknown = Id::from_uuid(Uuid::from_u128(99));
        let error = district.attached(&[ids[9], ids[0], unknown], other).await.unwrap_err();
        assert_eq!(error.to_string(), "invalid input: photo_ids[1] already-attached, photo_ids[2] unknown");
        assert!(of(&mut district.db.read().await.unwrap(), "thing", other).await.unwrap().is_empty());
        assert!(district.attached(&ids, other).await.unwrap_err().to_string().contains("photo_ids too-many"));
        assert_eq!(district.attached(&[], other).await.unwrap(), 0);
        assert_eq!(district.attached(&ids[9..], other).await.unwrap(), 1);
    }

    async fn what_nobody_claims_goes_after_a_day(engine: Engine) {
        let district = district(engine).await;
        let (kept, owner) = (district.uploaded(1).await, Uuid::from_u128(1));
        let left = district.uploaded(2).await;
        district.attached(&[kept], owner).await.unwrap();
        assert_eq!(collect(&district.app).await.unwrap(), 0);
        district.clock.advance(25 * 3_600_000);
        let young = district.uploaded(3).await;
        assert_eq!(collect(&district.app).await.unwrap(), 1);
        assert!(district.attached(&[left], owner).await.is_err());
        assert_eq!(district.attached(&[young], owner).await.unwrap(), 1);

        // The contents' times are the machine's, so the sweep is asked from far in the future.
        assert_eq!(district.stored().await, 6);
        assert_eq!(sweep(&district.app).await.unwrap(), 0);
        district.clock.set("2126-03-14T02:00:00Z".parse().unwrap());
        assert_eq!(sweep(&district.app).await.unwrap(), 2);
        assert_eq!(district.stored().await, 4);

        // The same content under two ids goes with the last of them.
        let twin = district.uploaded(1).await;
        district.attached(&[twin], Uuid::from_u128(2)).await.unwrap();
        for (owner, removed) in [(owner, 2), (Uuid::from_u128(2), 2)] {
            let mut tx = district.db.begin();
            let keys = super::forget(&mut tx, "thing", owner).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(super::remove(&district.app, &keys).await.unwrap(), removed);
        }
        assert_eq!(district.stored().await, 0);
    }
}

fn never() -> impl futures_util::Stream<Item = Result<axum::body::Bytes, std::io::Error>> {
    futures_util::stream::pending()
}

/// The checksum of a PNG chunk, ISO 3309.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}
