//! Secrets as people have them: tokens of providers, keys, addresses with passwords, and whatever is on a keyboard.

/// Each with the name that its variable ends in. Those of providers are made up after their published forms; some are
/// in two parts, since hosts of code refuse files with what looks like their customers' keys.
pub const SHAPES: &[(&str, &str)] = &[
    ("GITHUB", "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"),
    (
        "GITHUB_FINE",
        "github_pat_11ABCDEFG0a1b2c3d4e5f6_ZyXwVuTsRqPoNmLkJiHg",
    ),
    ("GITHUB_APP", "ghs_Zk4Tn8Wq2Lx6Vb0Mc3Pd7Rf1Sg5Yh9Jt2Ku4"),
    ("GITLAB", "glpat-Xy7-q_Lm3NpRs8TuVw2Z"),
    ("GITLAB_RUNNER", "glrt-t3_Hq8Wm2Nx5Vz7Lp4Kd9Rb"),
    ("BITBUCKET", "ATBBq7Rk2Lm9Xw4Tz8Vc3Np6Hs5D0E1F2A3"),
    ("GITEA", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"),
    ("OPENAI", "sk-proj-Qw3rTy7Ui9Op1As5Df-Gh2Jk4Lz6Xc8Vb0"),
    (
        "ANTHROPIC",
        "sk-ant-api03-zZ9yY8xX7wW6vV5uU4tT3sS2rR1qQ0-AA",
    ),
    (
        "OPENROUTER",
        "sk-or-v1-4be1c9d07f3a5862e1b4d7c0a9f2835e6d1c4b7a",
    ),
    ("HUGGINGFACE", "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"),
    ("REPLICATE", "r8_Lk3Jh5Gf7Ds9Aq1Wz3Xe5Cr7Vt9By1Nu3Mi5"),
    ("AWS", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYzQ2/8hGt"),
    (
        "AWS_SESSION",
        "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQDk7",
    ),
    (
        "AZURE",
        "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq==;EndpointSuffix=core",
    ),
    (
        "AZURE_SIGNED",
        "sv=2024-11-04&ss=b&srt=sco&sp=rwdl&sig=Zp3%2BxQ7v%2FLk9m%3D",
    ),
    ("GOOGLE", "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY"),
    (
        "GOOGLE_OAUTH",
        "ya29.a0AfB_byC7-dZkLmN0pQrStUvWxYz1234567890",
    ),
    ("GOOGLE_CLIENT", "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"),
    ("CLOUDFLARE", "v1.0-4f7a2c9e-8b1d6035e7f24a9c8b1d6035-77aa"),
    (
        "DIGITALOCEAN",
        concat!("dop_v1_", "3c9a7f5e1b8d2046c8e0a4f6b2d9175380ce4a6f"),
    ),
    (
        "SLACK",
        concat!("xoxb-", "17653672481-19874698323-pdFZKVeTuE8sk7oOHcbrzqgy"),
    ),
    (
        "SLACK_HOOK",
        concat!(
            "https://hooks.slack.com/services/",
            "T0A1B2C3D/B4E5F6G7H/q8W9e0R1t2Y3u4I5o6P7a8S9"
        ),
    ),
    (
        "DISCORD",
        "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs",
    ),
    ("TELEGRAM", "710384520:AAHk7mQ2xW9vB4nL6zT1cR8pY3sD5fG0jKe"),
    ("STRIPE", concat!("rk_live_", "51Hq8WmNxVzLpKdRbTgYhUjIkOl")),
    ("TWILIO", "SK7d3f1a9c5e0b8246d1f3a5c7e9b0d2f4"),
    (
        "SENDGRID",
        concat!(
            "SG.",
            "nG9hXc2vQ-WpLk8mTzR4bA.y7_Ud3KsE5fJ1oVq6iHw0CtN8xBgZrM2lPaYeSj4Tk"
        ),
    ),
    ("MAILGUN", "key-3ax6xnjp29jd6fds4gc373sgvjxteol0"),
    (
        "NPM",
        concat!("npm_", "Jk7Lm2Np5Qr8St1Uv4Wx6Yz9Ab3Cd0Ef5Gh"),
    ),
    (
        "PYPI",
        "pypi-AgEIcHlwaS5vcmcCJDU2ZTk4Nzc0LTRhNzItNGE1Yi1iNzY",
    ),
    ("CRATES", "cioW5kq8Xz2Lm7Vb4Nt9Rp1Hs6Jd3Fg0Kc"),
    ("DOCKER", "dckr_pat_hQ3wEr5tYu7iOp9aSd1fGh3jKl5"),
    (
        "SHOPIFY",
        concat!("shpat_", "c4e8a1f6d3b90572e6c8a0f4d2b91735"),
    ),
    ("LINEAR", "lin_api_Xc6Vb8Nm0Qw2Er4Ty6Ui8Op1As3Df5Gh7"),
    ("NOTION", "secret_Nw5Bv7Cx9Zl1Kj3Hg5Fd7Sa9Po1Iu3Yt5Re7"),
    ("SENTRY", "sntrys_eyJpYXQiOjE3MDAwMDB9_Lk8Jh6Gf4Ds2"),
    ("VAULT", "hvs.CAESIJ3kLm5nOp7qRs9tUv1wXy3zAb5cDe7fGh9i"),
    ("DATABRICKS", "dapi8f2e6c4a0b9d7513e8f6c2a4d0b91735"),
    ("GRAFANA", "glsa_Tz9Yx8Wv7Ut6Sr5Qp4On3Ml2Kj1Ih0Gf_a1b2c3d4"),
    (
        "TERRAFORM",
        "Hq8Wm2NxVz7Lp4.atlasv1.Kd9Rb3Tg6Yh1Uj5Ik0Ol8Pq",
    ),
    ("FLY", "FlyV1 fm2_lJPECAAAAAAAB+kxBPDk7Jh5Gf3Ds1Aq9Wz=="),
    ("TOTP", "JBSWY3DPEHPK3PXPKRUGS4ZANFZSAYLU"),
    (
        "JWT",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ6YXBob2QifQ.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    ),
    (
        "PEM",
        "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIB\nAQQgZebraQuagga+Okapi/Tapir==\n-----END PRIVATE KEY-----",
    ),
    (
        "SSH",
        "-----BEGIN OPENSSH PRIVATE KEY-----\r\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ\r\n-----END OPENSSH PRIVATE KEY-----\r\n",
    ),
    (
        "SEVERAL_LINES",
        "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIKq7Vw2nXz5Lr8Tb1Yd4Hs9Jc6Gf3Pa0Eu7Zo2Xi5Nb8oAoGCCqGSM49\nAwEHoUQDQgAEt4Ms6Kr1Lp3Dw5Fy7Hj9CzB2Ge4Ua6Ot8Ik0PvQm1Wn3Ex5Rc7Tv\n9By2Nu4Mi6Ko8Lp0Za1Xs3Wd5Ef7Rg9Th2Yj4Uk6Il8Om==\n-----END EC PRIVATE KEY-----\n",
    ),
    ("AGE", "AGE-SECRET-KEY-1QQPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"),
    ("WIREGUARD", "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="),
    ("UUID", "6f1d7c0e-93ab-4e58-b2c4-08d5a7f31e96"),
    (
        "HEX",
        "c0ffee1234deadbeef5678feedface90abcdef0011223344556677889900aabb",
    ),
    (
        "URL",
        "postgres://svc:p%40ss-W0rd!@db.internal:5432/app?sslmode=require",
    ),
    (
        "REDIS",
        "rediss://default:Zx9%2FkQ%3D7@cache.internal:6380/0",
    ),
    (
        "MONGO",
        "mongodb+srv://app:h%24nter-2%21@cluster0.example.net/?retryWrites=true",
    ),
    (
        "SMTP",
        "smtp://mailer%40example.com:c0rrect+horse@mail.example.com:587",
    ),
    (
        "NETRC",
        "machine git.example.com login bot password t1ger-Lily_0",
    ),
    ("BASIC", "Basic Ym90OnMzY3IzdC1mb3ItYmFzaWM="),
    ("COOKIE", "session=s%3AqW8e.Rt5Yu%2B; Path=/; HttpOnly"),
    (
        "SERVICE_ACCOUNT",
        "{\"type\":\"service_account\",\"private_key_id\":\"0a1b2c\",\"client_email\":\"x@y.iam\"}",
    ),
    ("XML", "<add key=\"Password\" value=\"Tr0ub4dor&amp;3\" />"),
    ("DOTENV", "DB_PASSWORD='wombat-77'\nAPI_TOKEN=\"kiwi=88\"\n"),
    ("UNICODE", "Pässwörd-übergroß-日本語-🔑-42"),
    ("RIGHT_TO_LEFT", "סיסמה-חזקה-١٢٣٤"),
    (
        "SHELL",
        "two  words\t'and' \"quotes\" \\ $HOME `id` *?[x] ;&|<>",
    ),
    ("EDGES", "  spaces around it, and a tab\t"),
    ("PERCENT", "100%25-already%2Fencoded%20twice%252F"),
    ("PATTERN", "^(a+)+$|[b-d]{2,}\\w*?(?=z)"),
    ("REPEATED", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz7"),
    ("DIGITS", "86753098675309"),
    ("SHORTEST", "q7#Zp9!w"),
    (
        "LONG",
        "kQ3nVb8xLm2Rt6YpWd4Hs9Jc1Gf7Ta5EuZ0oXi2Nb8Vq4Ms6Kr1Lp3Dw5Fy7Hj9CzB2Ge4Ua6Ot8Ik0P",
    ),
];
