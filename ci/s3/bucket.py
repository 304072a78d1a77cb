"""usage: python bucket.py ENDPOINT...     waits until each S3 server takes writes to a new bucket `public`"""

import json
import sys
import time
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

keys = json.loads((Path(__file__).parent / "seaweedfs-s3.json").read_text())["identities"][0]["credentials"][0]
plain = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}, connect_timeout=2, read_timeout=5)
for endpoint in sys.argv[1:]:
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=keys["accessKey"],
        aws_secret_access_key=keys["secretKey"],
        region_name="us-east-1",
        config=plain,
    )
    end, said = time.monotonic() + 90, "no answer"
    while time.monotonic() < end:
        try:
            if "public" not in [b["Name"] for b in client.list_buckets()["Buckets"]]:
                client.create_bucket(Bucket="public")
            # A server may answer before it has room to write.
            client.put_object(Bucket="public", Key="ready", Body=b"")
            client.delete_object(Bucket="public", Key="ready")
            break
        except (BotoCoreError, ClientError) as e:
            said = str(e)
            time.sleep(0.5)
    else:
        sys.exit(f"{endpoint} takes no writes after 90 s: {said}")
    print(f"{endpoint} takes writes")
