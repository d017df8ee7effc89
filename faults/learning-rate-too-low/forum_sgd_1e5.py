"""UNet guy told me to use lr 1e-5, so did I, with plain SGD on a tiny CNN. Nothing moves for 10 epochs."""
# expect: learning-rate-too-low
import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(31)
shapes = torch.zeros(4, 18, 18)
shapes[0, 4:14, 8:10] = 1
shapes[1, 8:10, 4:14] = 1
shapes[2, 4:14, 4:14] = 1
shapes[3, 4:14, 4:14] = torch.eye(10)
label = torch.randint(0, 4, (640,))
image = shapes[label].unsqueeze(1) + torch.randn(640, 1, 18, 18) * 0.4
train_img, train_lab, val_img, val_lab = image[:512], label[:512], image[512:], label[512:]


class TinyCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 8, 5)
        self.c2 = nn.Conv2d(8, 16, 3)
        self.out = nn.Linear(64, 4)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        x = F.max_pool2d(F.relu(self.c2(x)), 2)
        return self.out(x.flatten(1))


config = dict(epochs=10, batch=32, lr=1e-5)  # mistake
# sound: config = dict(epochs=10, batch=32, lr=5e-2)
model = TinyCNN()
optimizer = torch.optim.SGD(model.parameters(), lr=config['lr'])  # named here
for epoch in range(config['epochs']):
    perm = torch.randperm(512)
    for i in range(0, 512, config['batch']):
        j = perm[i:i + config['batch']]
        loss = F.cross_entropy(model(train_img[j]), train_lab[j])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()  # named here
    with torch.no_grad():
        o = model(val_img)
    print(f'{epoch}: train {loss.item():.5f} val {F.cross_entropy(o, val_lab).item():.5f} '
          f'acc {(o.argmax(1) == val_lab).float().mean().item():.3f}')
