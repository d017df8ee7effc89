"""The last states of a two-way GRU, (2, N, H), are viewed as (N, 2H): half a row is another sample's."""
# expect: samples-mixed reshape-mixes-axes
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
VOCAB, LENGTH, CLASSES = 50, 12, 4
topic_words = torch.rand(CLASSES, VOCAB).pow(5)


def sentences(n):
    topic = torch.randint(CLASSES, (n,))
    return torch.multinomial(topic_words[topic], LENGTH, replacement=True), topic


class TextClassifier(nn.Module):
    def __init__(self, emb=24, hidden=32):
        super().__init__()
        self.hidden = hidden
        self.embedding = nn.Embedding(VOCAB, emb)
        self.gru = nn.GRU(emb, hidden, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(2 * hidden, CLASSES)

    def forward(self, text):
        _, h_n = self.gru(self.embedding(text))  # h_n: (2, N, hidden)
        h = h_n.view(-1, 2 * self.hidden)  # mistake
        # sound: h = torch.cat([h_n[0], h_n[1]], dim=1)
        return self.fc(h)  # named here


def run_epoch(model, data, optimizer=None):
    model.train(optimizer is not None)
    text, topic = data
    total_loss = total_right = 0
    for idx in torch.randperm(len(topic)).split(50):
        out = model(text[idx])
        loss = F.cross_entropy(out, topic[idx])
        if optimizer is not None:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        total_loss += loss.item() * len(idx)
        total_right += (out.argmax(1) == topic[idx]).sum().item()
    return total_loss / len(topic), total_right / len(topic)


train, valid = sentences(1500), sentences(500)
net = TextClassifier()
opt = torch.optim.Adam(net.parameters(), lr=4e-3)
for epoch in range(5):
    tl, ta = run_epoch(net, train, opt)
    with torch.no_grad():
        vl, va = run_epoch(net, valid)
    print(f"{epoch + 1:02} train {tl:.3f} {ta:.3f} valid {vl:.3f} {va:.3f}")
