"""Django REST framework the usual way: a ModelSerializer, generic views, the ORM; all of the project in one file."""

import json
import os
import uuid

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application

settings.configure(
    DEBUG=False,
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["rest_framework"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ["PEER_DATABASE_NAME"],
            "HOST": os.environ["PEER_DATABASE_HOST"],
            "USER": "postgres",
            "CONN_MAX_AGE": None,
        }
    },
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "UNAUTHENTICATED_USER": None,
    },
    USE_TZ=True,
)
django.setup()

from django.db import models, transaction  # noqa: E402 - Django wants its settings first
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402
from rest_framework import generics, serializers  # noqa: E402


def new_id() -> str:
    """A fresh id as text."""
    return str(uuid.uuid4())


def now() -> str:
    """This instant in ISO 8601."""
    return timezone.now().isoformat(timespec="milliseconds")[:23] + "Z"


class JsonText(models.TextField):
    """A list kept as JSON text, as in the floor's table."""

    def from_db_value(self, value, expression, connection):
        """The list behind the text."""
        return json.loads(value)

    def get_prep_value(self, value):
        """The text of the list."""
        return json.dumps(value)


class Product(models.Model):
    """The floor's product table."""

    id = models.CharField(primary_key=True, max_length=36, default=new_id, editable=False)
    title = models.CharField(max_length=255)
    description = models.TextField()
    type = models.CharField(max_length=16, choices=[(choice, choice) for choice in ("FIXED", "AUCTION")])
    condition = models.CharField(max_length=16, choices=[(choice, choice) for choice in ("BRAND_NEW", "NEW", "USED")])
    price = models.FloatField(null=True)
    currency = models.CharField(max_length=3)
    category_id = models.CharField(max_length=36)
    subcategory_id = models.CharField(max_length=36)
    seller_id = models.CharField(max_length=36)
    shipping = models.FloatField()
    shipping_currency = models.CharField(max_length=3)
    shipping_method = models.CharField(max_length=16)
    media_asset_ids = JsonText()
    is_active = models.BooleanField(default=True)
    record_version = models.IntegerField(default=1)
    created_at = models.CharField(max_length=24, default=now)
    updated_at = models.CharField(max_length=24, default=now)

    class Meta:
        """Made by the bench, not by Django's migrations."""

        app_label = "bench"
        db_table = "products"
        managed = False


class Event(models.Model):
    """The floor's outbox table."""

    id = models.CharField(primary_key=True, max_length=36, default=new_id)
    topic = models.CharField(max_length=255)
    payload = models.TextField()
    created_at = models.CharField(max_length=24, default=now)

    class Meta:
        """Made by the bench, not by Django's migrations."""

        app_label = "bench"
        db_table = "outbox"
        managed = False


class ProductSerializer(serializers.ModelSerializer):
    """All 18 fields; ids, versions and instants are the server's."""

    media_asset_ids = serializers.ListField(child=serializers.CharField())

    class Meta:
        """Every column."""

        model = Product
        fields = "__all__"
        read_only_fields = ("id", "is_active", "record_version", "created_at", "updated_at")


class Products(generics.ListCreateAPIView):
    """The first 25 by id; create with an outbox row in one transaction."""

    queryset = Product.objects.filter(is_active=True).order_by("id")
    serializer_class = ProductSerializer

    def filter_queryset(self, queryset):
        """One page, without the count that DRF's paginator adds."""
        return queryset[:25]

    def perform_create(self, serializer):
        """The row and its event."""
        with transaction.atomic():
            serializer.save()
            Event.objects.create(topic="product-created", payload=json.dumps(serializer.data))


class OneProduct(generics.RetrieveAPIView):
    """One product by id."""

    queryset = Product.objects.filter(is_active=True)
    serializer_class = ProductSerializer


urlpatterns = [path("products", Products.as_view()), path("products/<str:pk>", OneProduct.as_view())]
application = get_wsgi_application()
