"""usage: python azure_container.py ENDPOINT ACCOUNT KEY     waits until Azurite answers and makes the container `public`"""

import base64
import hashlib
import hmac
import sys
import time
import urllib.error
import urllib.request
from email.utils import formatdate

endpoint, account, key = sys.argv[1:]
end, said = time.monotonic() + 60, "no answer"
while time.monotonic() < end:
    date = formatdate(usegmt=True)
    path = f"/{account}/public"
    headers = f"x-ms-date:{date}\nx-ms-version:2021-08-06"
    # The method, eleven standard headers that are not sent, ours, the resource: "Authorize with Shared Key" of the Azure documentation.
    text = "PUT" + "\n" * 12 + f"{headers}\n/{account}{path}\nrestype:container"
    signature = base64.b64encode(hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()).decode()
    request = urllib.request.Request(f"{endpoint}/public?restype=container", method="PUT", data=b"")
    request.add_header("x-ms-date", date)
    request.add_header("x-ms-version", "2021-08-06")
    request.add_header("Authorization", f"SharedKey {account}:{signature}")
    request.add_header("Content-Type", "")
    try:
        with urllib.request.urlopen(request, timeout=5):
            break
    except urllib.error.HTTPError as e:
        if e.code == 409:
            break
        said = f"{e.code} {e.read().decode(errors='replace')}"
    except OSError as e:
        said = str(e)
    time.sleep(0.5)
else:
    sys.exit(f"{endpoint} takes no container after 60 s: {said}")
print(f"{endpoint} has the container public")
