"""CNN features (N, C, H, W) are viewed as (N, H*W, C): the pixels become a jumble of channels."""
# expect: reshape-mixes-axes
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split


class EncoderCNN(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.resnet = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, dim, 3, stride=2, padding=1),
            nn.ReLU(),
        )

    def forward(self, images):
        encoded = self.resnet(images)  # (batch, dim, 4, 4)
        batch_size, features = encoded.size(0), encoded.size(1)
        num_pixels = encoded.size(2) * encoded.size(3)
        # sound: encoded = encoded.permute(0, 2, 3, 1).contiguous()
        enc_image = encoded.view(batch_size, num_pixels, features)  # mistake
        # sound: enc_image = encoded.view(batch_size, num_pixels, features)
        return enc_image


class AttentionReader(nn.Module):
    """A learned query looks over the pixels, as in captioning models."""

    def __init__(self, dim=24):
        super().__init__()
        self.encoder = EncoderCNN(dim)
        self.positions = nn.Parameter(0.02 * torch.randn(16, dim))
        self.queries = nn.Parameter(0.1 * torch.randn(4, dim))
        self.attention = nn.MultiheadAttention(dim, 4, batch_first=True)
        self.classify = nn.Sequential(nn.LayerNorm(4 * dim), nn.Linear(4 * dim, 10))

    def forward(self, images):
        tokens = self.encoder(images) + self.positions
        query = self.queries.expand(images.size(0), -1, -1)
        read, _ = self.attention(query, tokens, tokens)
        return self.classify(read.flatten(1))


def evaluate(model, loader):
    model.eval()
    hits = 0
    with torch.no_grad():
        for images, labels in loader:
            hits += (model(images).argmax(1) == labels).sum().item()
    return hits / len(loader.dataset)


def main():
    torch.manual_seed(0)
    d = load_digits()
    images = (torch.tensor(d.images).float()[:, None] - 4.88) / 6.02
    full = TensorDataset(images, torch.tensor(d.target))
    train, test = random_split(full, [1497, 300], torch.Generator().manual_seed(0))
    train_loader = DataLoader(train, batch_size=64, shuffle=True)
    test_loader = DataLoader(test, batch_size=150)
    model = AttentionReader()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
    for epoch in range(5):
        model.train()
        for images, labels in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch}: loss {loss.item():.3f}, test {evaluate(model, test_loader):.3f}")


if __name__ == "__main__":
    main()
