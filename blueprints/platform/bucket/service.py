"""bucket as one declaration; every realm has it."""
from app.data.person_rows import ANONYMOUS, ERASED, rows_of_people
from app.service import EVERY_REALM, ServiceDeclaration
from blueprints.platform.bucket import checks, jobs, subscribers
from blueprints.platform.bucket.models import BucketFile, UploadCount
from blueprints.platform.bucket.routes import routes_in

SERVICE = ServiceDeclaration(
    name="bucket", version="1.0.0", description="Uploaded images, public to read.",
    realms=EVERY_REALM, path="bucket",
    routes=routes_in,
    background=(jobs, subscribers),
    checks={"pictures": checks.pictures},
    cli=("cli.media",),
    persons=(
        rows_of_people(BucketFile, ANONYMOUS, "owner_id", why="the own bucket is emptied; the common one stays"),
        rows_of_people(UploadCount, ERASED, "owner_id"),
    ),
)
